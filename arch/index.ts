// SPDX-License-Identifier: GPL-2.0-only

import type { Architecture } from './architecture.js';
import { arm64 } from './arm64/index.js';
import { loongarch64 } from './loongarch64/index.js';
import { ppc64 } from './ppc64/index.js';
import { riscv64 } from './riscv64/index.js';
import { s390 } from './s390/index.js';
import { x86_64 } from './x86_64/index.js';

/** The architectures that the emulator has, one line each. */
export const ARCHITECTURES: Architecture[] = [x86_64, arm64, ppc64, s390, riscv64, loongarch64];

// What a room declares of a machine's fields goes, in declarations, only where the room itself goes.
export { arm64, loongarch64, ppc64, riscv64, s390, x86_64 };
