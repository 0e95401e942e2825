// SPDX-License-Identifier: GPL-2.0-only

import type { AltmapChoice, Unit } from '../explore/alphabet.js';

/** How far a kernel on trial is explored and compared, besides depth and sections. */

/** What comes and goes as one. */
export const UNITS: readonly Unit[] = ['section', 'half', 'subsection'];
/** Who backs the memmap. */
export const ALTMAPS: readonly AltmapChoice[] = ['none', 'own'];
