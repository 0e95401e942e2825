// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync, readFileSync } from 'node:fs';
import { machine, release } from 'node:os';
import type { BlockRange } from './lsmem.js';

/** The machine that this runs on, as its /proc and /sys show it. */

/** What is read of the machine that this runs on. */
export interface LiveMachine {
  /** As uname -m prints it. */
  machine: string;
  /** As uname -r prints it. */
  kernelRelease: string;
  /** PAGE_SIZE, bytes; undefined where nothing tells. */
  pageSize: number | undefined;
  /** memory_block_size_bytes(); undefined without memory hot-plug. */
  blockSize: number | undefined;
  blocks: BlockRange[];
  /** /proc/iomem. */
  iomem: string;
  /** memory_hotplug.memmap_on_memory as it reads; undefined where the kernel has no such parameter. */
  memmapOnMemory: string | undefined;
}

const MEMORY = '/sys/devices/system/memory';

/** A file's text without the ends of lines around it, or undefined if it cannot be read. */
function text(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Blocks as sysfs lists them, in the words of `lsmem`.
 * @param blocks the number of each and its state
 * @param blockSize bytes
 */
export const blockRanges = (blocks: readonly { id: number; state: string }[], blockSize: number): BlockRange[] =>
  [...blocks]
    .sort((a, b) => a.id - b.id)
    .map(({ id, state }) => ({
      start: id * blockSize,
      end: (id + 1) * blockSize - 1,
      state,
      blocks: { first: id, last: id },
    }));

/** The first "KernelPageSize: 4 kB" of this process: PAGE_SIZE. */
function pageSize(): number | undefined {
  const match = /^KernelPageSize: +(\d+) kB$/m.exec(text('/proc/self/smaps') ?? '');
  return match ? Number(match[1]) * 1024 : undefined;
}

/** Reads the live machine. What cannot be read is left out. */
export function readLiveMachine(): LiveMachine {
  const size = text(`${MEMORY}/block_size_bytes`);
  const blockSize = size === undefined ? undefined : parseInt(size, 16);
  const blocks = entries(MEMORY).flatMap((name) => {
    const match = /^memory(\d+)$/.exec(name);
    const state = text(`${MEMORY}/${name}/state`);
    return match && state !== undefined ? [{ id: Number(match[1]), state }] : [];
  });
  return {
    machine: machine(),
    kernelRelease: release(),
    pageSize: pageSize(),
    blockSize,
    blocks: blockSize === undefined ? [] : blockRanges(blocks, blockSize),
    iomem: text('/proc/iomem') ?? '',
    memmapOnMemory: text('/sys/module/memory_hotplug/parameters/memmap_on_memory'),
  };
}
