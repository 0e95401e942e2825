// SPDX-License-Identifier: GPL-2.0-only

import type { Release } from '../history/releases.js';
import { findKernelRelease } from '../scenario/names.js';
import { noteRemark } from './output.js';

/**
 * The kernel that an option names; what is not known of it is noted.
 * @param option how the command line calls it
 * @throws ScenarioError
 */
export function namedKernel(name: string, option = '--kernel'): Release {
  const release = findKernelRelease(name, option);
  noteRemark(release);
  return release;
}
