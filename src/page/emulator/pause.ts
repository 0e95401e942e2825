// SPDX-License-Identifier: GPL-2.0-only

/** Lets messages in that wait for a worker which has long work to do. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
