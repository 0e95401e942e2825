// SPDX-License-Identifier: GPL-2.0-only

import { CodeError } from '../kernel/memmap-code.js';

/** The tree, or what it needs, is not such that it can run. The message is a sentence. */
export class TreeError extends CodeError {}
