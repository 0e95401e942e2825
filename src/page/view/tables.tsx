// SPDX-License-Identifier: GPL-2.0-only

import type { LeafRun, RunReport, TableReport } from '../document.js';
import { address, backing, endOf, grouped, hex, leavesAt, range, size, stateAt } from './format.js';
import type { Chosen } from './strip.js';

/** The page table as a tree: tables, and the runs of leaves below them. */

interface Node {
  table: TableReport | undefined;
  children: Node[];
  leaves: LeafRun[];
}

/** Tables, and runs of leaves, of one parent that are shown; more are counted. */
const SHOWN = 24;

/** Puts tables and leaves, both in the order of the walk, below the smallest table that covers them. */
function treeOf(tables: readonly TableReport[], leaves: readonly LeafRun[]): Node {
  const root: Node = { table: undefined, children: [], leaves: [] };
  const home = (start: number, node: Node): Node => {
    const inside = node.children.findLast(
      ({ table }) => table !== undefined && start >= table.start && start < table.start + table.span,
    );
    return inside === undefined ? node : home(start, inside);
  };
  for (const table of tables) home(table.start, root).children.push({ table, children: [], leaves: [] });
  for (const leaf of leaves) home(leaf.start, root).leaves.push(leaf);
  return root;
}

interface TablesProps {
  run: RunReport;
  position: number;
  onChoose: (chosen: Chosen) => void;
}

export function Tables({ run, position, onChoose }: TablesProps) {
  const { tables } = stateAt(run, position);
  const root = treeOf(
    tables.map((at) => run.tables[at]!),
    leavesAt(run, position),
  );
  return (
    <div role="group" class="panel" aria-label="Page table">
      <h3>Page table</h3>
      <ul class="tree">
        <li>
          root
          <Below node={root} run={run} onChoose={onChoose} />
        </li>
      </ul>
    </div>
  );
}

function Below({ node, run, onChoose }: { node: Node; run: RunReport; onChoose: (chosen: Chosen) => void }) {
  const moreTables = node.children.length - SHOWN;
  const moreLeaves = node.leaves.length - SHOWN;
  if (node.children.length === 0 && node.leaves.length === 0) return null;
  return (
    <ul>
      {node.children.slice(0, SHOWN).map((child) => (
        <li key={`${child.table?.level ?? ''} ${child.table?.start ?? 0}`}>
          <b>{child.table?.level}</b> table <code>{address(run, child.table?.start ?? 0)}</code>{' '}
          <span class="muted">
            frame {hex(child.table?.frame ?? 0)}, covers {size(child.table?.span ?? 0)}
            {child.children.length === 0 && child.leaves.length === 0 && ', empty'}
          </span>
          <Below node={child} run={run} onChoose={onChoose} />
        </li>
      ))}
      {moreTables > 0 && <li class="muted">and {grouped(moreTables)} tables more</li>}
      {node.leaves.slice(0, SHOWN).map((leaf) => (
        <li key={`${leaf.start} ${leaf.level}`}>
          <button type="button" class="link" onClick={() => onChoose({ start: leaf.start })}>
            {leaf.count === 1 ? leaf.level : `${grouped(leaf.count)} ${leaf.level}`}
          </button>{' '}
          <code>{range(run, [leaf.start, endOf(leaf)])}</code> <span class="muted">{backing(leaf)}</span>
        </li>
      ))}
      {moreLeaves > 0 && <li class="muted">and {grouped(moreLeaves)} runs of leaves more</li>}
    </ul>
  );
}
