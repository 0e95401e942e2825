// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { Whereabouts, WhereLeaf } from '../check/whereabouts.js';
import { columns } from './table.js';

/** Everything about one struct page, for people. */

const yes = (is: boolean): string => (is ? 'yes' : 'no');

function frameText({ pfn, owner }: WhereLeaf): string {
  const whose =
    owner.from === 'altmap'
      ? `altmap ${owner.altmap}, page ${owner.offset} of it`
      : { buddy: 'the page allocator', boot: 'boot memory', unknown: 'nobody that the kernel knows' }[owner.from];
  return `${hex(pfn)}, of ${whose}`;
}

function leafRows(leaf: WhereLeaf | undefined, valid: boolean): string[][] {
  if (leaf === undefined) return [['leaf', valid ? 'none: a hole in active memmap' : 'none']];
  const events = leaf.history.map(
    ({ what, step, stack }) => `${what} in step ${step + 1}: ${stack.length === 0 ? 'boot' : stack.join(' > ')}`,
  );
  const unused = leaf.unused.map(([from, to]) => `${from}-${to}`).join(' ');
  return [
    ['leaf', `${leaf.range} ${leaf.level}`],
    ['entry', leaf.entry],
    ['frame', frameText(leaf)],
    ...(events.length === 0 ? [] : [['', events.join('\n')]]),
    ...(unused === '' ? [] : [['unused', `bytes ${unused} of the leaf hold 0xFD`]]),
  ];
}

export function whereaboutsLines(found: Whereabouts): string[] {
  const { pfn, physical, structPage, offset, section, valid, online, early, block, zone, device, leaf } = found;
  return columns([
    ['page', `frame ${hex(pfn)} (${pfn}), physical ${physical}`],
    ['struct page', offset === 0 ? structPage : `${structPage}, byte ${offset} of it`],
    ['section', `${section}${early ? ', since boot' : ''}`],
    ['valid', yes(valid)],
    ['online', yes(online)],
    ['block', block === undefined ? 'none' : `${block.id} ${block.state}`],
    ['zone', zone === undefined ? 'none' : `${zone.name} of node ${zone.node}`],
    ...(device === undefined ? [] : [['device', device]]),
    ...leafRows(leaf, valid),
  ]);
}
