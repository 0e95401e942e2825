// SPDX-License-Identifier: GPL-2.0-only

import { bundledFrom } from '../../check/kernel-stack.js';
import { ScenarioError } from '../../kernel/scenario-error.js';
import { InputError } from '../../scenario/input.js';
import { answers, Mistaken } from './answers.js';
import type { Answer, Op, Request } from './protocol.js';

/** The emulator as a worker of the page: it answers one message after the other. */

/** What the build knows: the version, and which lines of the bundle came from which file. */
declare const VMEMMAP_VERSION: string;
declare const SOURCE_LINES: readonly [line: number, file: string][];

/** Of a worker, without the types of all the others. */
interface Scope {
  SharedArrayBuffer?: unknown;
  onmessage: ((event: { data: Request }) => void) | null;
  postMessage(answer: Answer): void;
}
const scope = globalThis as unknown as Scope;

// Pages that are not isolated have no memory to share; the explorer has one thread here and shares none.
scope.SharedArrayBuffer ??= ArrayBuffer;
bundledFrom((_file, line) => SOURCE_LINES.findLast(([from]) => from <= line)?.[1] ?? '');

const answering = answers(VMEMMAP_VERSION);

async function answer<O extends Op>({ id, op, request }: Request<O>): Promise<void> {
  try {
    const onPart = (part: unknown): void => scope.postMessage({ id, answer: part, isLast: false });
    scope.postMessage({ id, answer: await answering[op](request, onPart), isLast: true });
  } catch (error) {
    if (error instanceof Mistaken) scope.postMessage({ id, error: error.message, path: error.path });
    else if (error instanceof InputError || error instanceof ScenarioError || error instanceof RangeError) {
      scope.postMessage({ id, error: error.message });
    } else {
      // A defect: its stack is for the console, not for the page.
      console.error(error);
      scope.postMessage({ id, error: 'the emulator failed; the console says where' });
    }
  }
}

scope.onmessage = ({ data }) => void answer(data);
