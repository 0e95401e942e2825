// SPDX-License-Identifier: GPL-2.0-only

import { KernelBug } from '../kernel/log.js';

/** What ends a call of a tree's code before its end, and what that is to the kernel. */

/** There is no fuel left for what the host does. */
export class OutOfFuel extends Error {
  override readonly name = 'OutOfFuel';
}

/** What is thrown where a module traps, its stack ends, or there is no fuel for what the host does. */
const STOPS: ReadonlySet<string> = new Set(['RuntimeError', 'RangeError', 'OutOfFuel']);

/** A function on a stack of V8, in code of a module. */
const TREE_FRAME = /at (?!emu_)(\w+?)(?:__tree)? \(wasm:/;

/**
 * What a trap of the module, or no more stack, is to the kernel: it stops. The stack that it was thrown through is kept.
 * @param isEmpty the fuel is used up
 */
export function stopOf(error: unknown, isEmpty: boolean): unknown {
  if (!(error instanceof Error && STOPS.has(error.name))) return error;
  const name = TREE_FRAME.exec(error.stack ?? '')?.[1];
  const where = name === undefined ? '' : ` in ${name}()`;
  const bug = new KernelBug(`${whyStopped(error, isEmpty)}${where}`);
  if (error.stack !== undefined) bug.stack = error.stack;
  return bug;
}

function whyStopped({ name, message }: Error, isEmpty: boolean): string {
  if (name === 'RangeError') return 'the stack is used up';
  if (isEmpty) return 'the kernel does not come back: a loop has not ended';
  return message.includes('out of bounds')
    ? 'a pointer is followed that leads to no memory'
    : 'NULL is followed, or a place is reached that cannot be';
}
