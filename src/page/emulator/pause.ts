// SPDX-License-Identifier: GPL-2.0-only

/** Lets messages in that wait for a worker which has long work to do. @param ms at least so long */
export const pause = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
