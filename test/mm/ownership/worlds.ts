// SPDX-License-Identifier: GPL-2.0-only

import { BUGS } from '../../../src/catalogue/bugs/index.js';
import { saysPresent } from '../../../src/catalogue/repro.js';
import { findRelease } from '../../../src/history/releases.js';
import type { ScenarioInput } from '../../../src/scenario/schema.js';
import { scenario } from '../../scenarios.js';

/** The machines on which the model and the kernel are held against each other. */

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** Pages that come and go as one. */
export interface Range {
  readonly pfn: number;
  readonly nrPages: number;
}

/** A machine, in the few words that the model needs. */
export interface World {
  readonly title: string;
  readonly arch: 'x86_64' | 'arm64' | 's390' | 'ppc64';
  readonly release: string;
  /** Bytes. */
  readonly pageSize: number;
  /** sizeof(struct page), bytes. */
  readonly structPageSize: number;
  /** Bytes of the largest leaf that maps memmap; of a page where there is none. */
  readonly leafSize: number;
  /** Pages of one of the {@link PIECES} that memory is cut into. */
  readonly piecePages: number;
  /** Sections of a piece. */
  readonly pieceSections: number;
  /** Whether a memory block holds its own memmap when it may. */
  readonly blocksHoldMemmap: boolean;
  /** Whether {@link BOOT_PIECE} is there since boot. */
  readonly boots: boolean;
  readonly machine: ScenarioInput['machine'];
}

/** First frame of the memory that comes and goes. Its memmap begins on a leaf, whatever the sizes. */
export const BASE = 2 ** 26;
/** Neighbouring pieces: {@link BOOT_PIECE}, then {@link PAGE_PIECES}, then {@link BLOCK_PIECES}. */
export const PIECES = 6;
/** The piece that is there since boot, in worlds that boot with memory. */
export const BOOT_PIECE = 0;
/** Pieces that come and go by add-pages and remove-pages, whole or in parts. */
export const PAGE_PIECES = [1, 2, 3] as const;
/** Pieces that come and go as memory blocks. */
export const BLOCK_PIECES = [4, 5] as const;

/** Whether the catalogue says that the world's release has an entry. */
export function hasBug({ release }: World, name: string): boolean {
  const bug = BUGS.find((each) => each.name === name);
  if (bug === undefined) throw new RangeError(`the catalogue has no entry ${name}`);
  return saysPresent(bug, findRelease(release)!);
}

/** What differs between the worlds of one release. */
type Shape = Pick<World, 'arch' | 'pageSize' | 'structPageSize' | 'leafSize' | 'blocksHoldMemmap' | 'boots'> & {
  /** Bytes. */
  readonly pieceSize: number;
  readonly more?: Partial<ScenarioInput['machine']>;
};

const SHAPES: readonly Shape[] = [
  ...[56, 64, 80].map((structPageSize) => ({
    arch: 'x86_64' as const,
    pageSize: 4 * KIB,
    structPageSize,
    leafSize: 2 * MIB,
    pieceSize: 128 * MIB,
    // Only the memmap of 64-byte struct pages fills whole leaves.
    blocksHoldMemmap: structPageSize === 64,
    boots: true,
  })),
  ...[64, 80].map((structPageSize) => ({
    arch: 'arm64' as const,
    pageSize: 4 * KIB,
    structPageSize,
    leafSize: 2 * MIB,
    pieceSize: 128 * MIB,
    blocksHoldMemmap: structPageSize === 64,
    boots: true,
  })),
  {
    arch: 'arm64',
    pageSize: 64 * KIB,
    structPageSize: 64,
    // Kernels of 64K pages map the vmemmap with pages.
    leafSize: 64 * KIB,
    pieceSize: 512 * MIB,
    // A pageblock of 512 MiB is the whole section.
    blocksHoldMemmap: false,
    boots: true,
  },
  ...[56, 64].map((structPageSize) => ({
    arch: 's390' as const,
    pageSize: 4 * KIB,
    structPageSize,
    leafSize: MIB,
    pieceSize: 256 * MIB,
    blocksHoldMemmap: structPageSize === 64,
    boots: true,
  })),
  {
    arch: 'ppc64',
    pageSize: 64 * KIB,
    structPageSize: 64,
    leafSize: 2 * MIB,
    // Four sections, whose memmap fills a page.
    pieceSize: 64 * MIB,
    blocksHoldMemmap: false,
    // One leaf describes all pieces: nothing would ever be mapped after the boot.
    boots: false,
    more: { mmu: 'radix' },
  },
  {
    arch: 'ppc64',
    pageSize: 4 * KIB,
    structPageSize: 64,
    leafSize: 2 * MIB,
    pieceSize: 64 * MIB,
    blocksHoldMemmap: false,
    boots: true,
    more: { mmu: 'radix' },
  },
];

function world(release: string, shape: Shape): World {
  const { arch, pageSize, structPageSize, leafSize, pieceSize, blocksHoldMemmap, boots, more } = shape;
  const mmu = more?.mmu === undefined ? '' : ` ${more.mmu}`;
  const machine: World['machine'] = {
    arch,
    kernel: release,
    pageSize,
    structPageSize,
    blockSize: pieceSize,
    memmapOnMemory: 'y',
    boot: boots ? [{ start: `0x${(BASE * pageSize).toString(16)}`, size: pieceSize }] : [],
    ...more,
  };
  const { config } = scenario({ machine, steps: [{ op: 'use', pfn: BASE, nrPages: 1 }] }).machine;
  return {
    title: `${arch}${mmu} ${pageSize / KIB}K, struct page ${structPageSize}, ${release}`,
    arch,
    release,
    pageSize,
    structPageSize,
    leafSize,
    piecePages: pieceSize / pageSize,
    pieceSections: pieceSize / 2 ** config.sectionSizeBits,
    blocksHoldMemmap,
    boots,
    machine,
  };
}

/** A long-term release and the newest. */
export const WORLDS: readonly World[] = ['6.12.117', '7.3'].flatMap((release) =>
  SHAPES.map((shape) => world(release, shape)),
);
