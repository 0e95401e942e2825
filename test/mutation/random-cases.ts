// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';

/** Random cases are the same in every run, so that the score is a fact and not luck, and few, so that it comes soon. */
fc.configureGlobal({ seed: 1, numRuns: 20 });
