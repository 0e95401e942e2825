// SPDX-License-Identifier: GPL-2.0-only

import type { Answer, Ask, Op } from '../emulator/protocol.js';

/** The emulator, in a worker of its own: the page stays quick, and what takes too long can be stopped. */

/** The input is wrong: the message is for whoever gave it. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    message: string,
    readonly path: readonly (string | number)[] = [],
  ) {
    super(message);
  }
}

/** It was stopped before it answered. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

interface Waiting {
  resolve: (answer: unknown) => void;
  reject: (error: Error) => void;
  onPart: ((part: unknown) => void) | undefined;
}

export class Emulator {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;

  /** @param start starts a worker */
  constructor(private readonly start: () => Worker) {}

  /** @param onPart gets what comes before the answer */
  ask<O extends Op>(
    op: O,
    request: Ask[O]['request'],
    onPart?: (part: Ask[O]['part']) => void,
  ): Promise<Ask[O]['answer']> {
    this.worker ??= this.open();
    const id = ++this.asked;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onPart: onPart as Waiting['onPart'] });
    });
    this.worker.postMessage({ id, op, request });
    return answer as Promise<Ask[O]['answer']>;
  }

  /** The same emulator in a worker of its own. */
  another(): Emulator {
    return new Emulator(this.start);
  }

  /** Ends whatever goes on; nobody who waits is answered. */
  stop(): void {
    this.worker?.terminate();
    this.worker = undefined;
    for (const { reject } of this.waiting.values()) reject(new Stopped('stopped'));
    this.waiting.clear();
  }

  private open(): Worker {
    const worker = this.start();
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.waiting.get(data.id);
      if (waiting === undefined) return;
      if ('error' in data) {
        this.waiting.delete(data.id);
        waiting.reject(new Refused(data.error, data.path));
      } else if ('answer' in data) {
        if (!data.isLast) waiting.onPart?.(data.answer);
        else {
          this.waiting.delete(data.id);
          waiting.resolve(data.answer);
        }
      }
    };
    worker.onerror = ({ message }) => {
      for (const { reject } of this.waiting.values()) reject(new Error(message));
      this.waiting.clear();
    };
    return worker;
  }
}

/** The emulator of this page: in the page itself, or a file beside it; undefined where there is none. */
export function ownEmulator(): Emulator | undefined {
  const inside = document.getElementById('emulator');
  if (inside === null) return undefined;
  const { src } = inside.dataset;
  if (src !== undefined) return new Emulator(() => new Worker(new URL(src, document.baseURI)));
  const source = inside.textContent;
  if (source.trim() === '') return undefined;
  let url: string | undefined;
  return new Emulator(() => {
    url ??= URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    return new Worker(url);
  });
}
