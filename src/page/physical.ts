// SPDX-License-Identifier: GPL-2.0-only

import type { StepResult } from '../scenario/runner.js';
import type { PhysicalReport } from './document.js';

/** Books of memory hot-plug as bars over physical memory, from the lines that a state has. */

const BLOCKS = /^(\d+)(?:-(\d+))? (.*)$/;
const IOMEM = /^( *)([0-9a-f]+)-([0-9a-f]+) : (.*)$/;
const INDENT = 2;

/**
 * @param blockPages pages of a memory block
 * @returns null where the scenario has nothing to do with them
 */
export function physicalReport(
  { blocks, zones, iomem }: StepResult,
  blockPages: number,
  pageSize: number,
): PhysicalReport | null {
  if (blocks === undefined || zones === undefined || iomem === undefined) return null;
  return {
    blocks: blocks.flatMap((line) => {
      const [, first, last = first, text = ''] = BLOCKS.exec(line) ?? [];
      if (first === undefined) return [];
      return [{ start: Number(first) * blockPages, end: (Number(last) + 1) * blockPages, text }];
    }),
    zones: Object.entries(zones).flatMap(([nid, inNode]) =>
      Object.entries(inNode).map(([name, [start, spanned, present]]) => ({
        start,
        end: start + spanned,
        text: `node ${nid} ${name}, ${present} pages present`,
      })),
    ),
    iomem: iomem.flatMap((line) => {
      const [, indent = '', start, end, text = ''] = IOMEM.exec(line) ?? [];
      if (start === undefined || end === undefined) return [];
      return [
        {
          start: parseInt(start, 16) / pageSize,
          end: (parseInt(end, 16) + 1) / pageSize,
          text,
          depth: indent.length / INDENT,
        },
      ];
    }),
  };
}
