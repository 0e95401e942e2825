// SPDX-License-Identifier: GPL-2.0-only

/** Cycles by kernel function: a shadow stack, and a tree of all the stacks that there were. */

/** A function as it was called along one path. */
export interface CallNode {
  readonly name: string;
  /** Cycles of the function itself, without what it called. */
  self: number;
  calls: number;
  readonly children: Map<string, CallNode>;
}

/** One call as it happened. */
export interface Call {
  readonly name: string;
  /** Calls that it lies in. */
  readonly depth: number;
  /** Cycles. */
  readonly start: number;
  end: number;
}

/** A function of a tree that grows. */
interface GrowingNode extends CallNode {
  /** The root has none. */
  readonly caller: GrowingNode | undefined;
  readonly children: Map<string, GrowingNode>;
  /** The children in the order in which they were first called: so few that going through them is faster than a map. */
  readonly called: GrowingNode[];
}

const node = (name: string, caller?: GrowingNode): GrowingNode => ({
  name,
  self: 0,
  calls: 0,
  children: new Map(),
  caller,
  called: [],
});

function childOf(caller: GrowingNode, name: string): GrowingNode {
  const { called } = caller;
  for (let i = 0; i < called.length; i++) if (called[i]!.name === name) return called[i]!;
  const child = node(name, caller);
  called.push(child);
  caller.children.set(name, child);
  return child;
}

/** Cycles by the path of functions that were running: what a flame graph shows. */
export class CallTree {
  /** What is charged outside every function lies in the root itself. */
  readonly root: CallNode = node('');
  /** Every call in the order of its beginning, if calls are recorded. */
  readonly calls: Call[] = [];
  private current = this.root as GrowingNode;
  private readonly open: Call[] = [];

  /** @param records whether each call is kept, and not just the sums */
  constructor(readonly records: boolean) {}

  /**
   * A function begins.
   * @param now cycles since the clock began
   */
  enter(name: string, now: number): void {
    this.current = childOf(this.current, name);
    this.current.calls++;
    if (!this.records) return;
    const call = { name, depth: this.open.length, start: now, end: now };
    this.calls.push(call);
    this.open.push(call);
  }

  /** The function that is running ends. @param now cycles since the clock began */
  leave(now: number): void {
    this.current = this.current.caller ?? this.current;
    if (!this.records) return;
    const call = this.open.pop();
    if (call !== undefined) call.end = now;
  }

  /** Leaves every function: what a kernel that stopped never did. */
  unwind(now: number): void {
    while (this.current !== this.root) this.leave(now);
  }

  /** The function that is running. */
  get running(): CallNode {
    return this.current;
  }

  /** Cycles of the current function, which is returned. */
  add(cycles: number): CallNode {
    this.current.self += cycles;
    return this.current;
  }

  /** A function that calls no other, and is returned: it begins at `now` and takes these cycles. */
  addLeaf(name: string, now: number, cycles: number): CallNode {
    const leaf = childOf(this.current, name);
    leaf.calls++;
    leaf.self += cycles;
    if (this.records) this.calls.push({ name, depth: this.open.length, start: now, end: now + cycles });
    return leaf;
  }
}

/** What one function took, whoever called it. */
export interface FunctionTotal {
  readonly name: string;
  readonly calls: number;
  /** Cycles of the function itself. */
  readonly self: number;
  /** Cycles with those of the functions that it called. */
  readonly total: number;
}

/**
 * The functions of a tree, in the order in which they were first called. Cycles are rounded where the tree has them, so
 * sums of stacks and of functions agree.
 * @returns the outermost frames of the tree, which are a scenario's steps, among the functions that they called
 */
export function functionTotals(root: CallNode): FunctionTotal[] {
  const totals = new Map<string, { calls: number; self: number; total: number }>();
  const add = (call: CallNode, callers: ReadonlySet<string>): number => {
    const known = totals.get(call.name) ?? { calls: 0, self: 0, total: 0 };
    totals.set(call.name, known);
    const self = Math.round(call.self);
    const inside = new Set([...callers, call.name]);
    const total = [...call.children.values()].reduce((sum, child) => sum + add(child, inside), self);
    known.calls += call.calls;
    known.self += self;
    // A function below itself is within the cycles of the outer call already.
    if (!callers.has(call.name)) known.total += total;
    return total;
  };
  for (const child of root.children.values()) add(child, new Set());
  return [...totals].map(([name, total]) => ({ name, ...total }));
}
