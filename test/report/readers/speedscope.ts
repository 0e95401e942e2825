// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { JSDOM, VirtualConsole } from 'jsdom';
import type { FunctionTotal } from '../../../src/cycles/call-tree.js';

/**
 * Profiles as speedscope reads them. It is a page and no library: here it runs in a DOM without a browser, is given a
 * file as its own command line gives it one, and is asked for what it has read by its Export button.
 */

/** What speedscope exports: its own file format, as far as it is looked at here. */
interface Exported {
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly profiles: readonly {
    readonly type: 'evented';
    readonly name: string;
    readonly unit: string;
    readonly events: readonly { readonly type: 'O' | 'C'; readonly frame: number; readonly at: number }[];
  }[];
}

/** One profile: what ran on one CPU of one machine. */
export interface ReadProfile {
  readonly name: string;
  readonly unit: string;
  /** In the order in which they were first called; cycles are in the unit of the profile. */
  readonly functions: readonly FunctionTotal[];
  /** Stacks from the outermost function on, joined by semicolons, with what the innermost took itself. */
  readonly stacks: ReadonlyMap<string, number>;
}

const FOLDER = join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist', 'release');
const [, BUNDLE = ''] = /src="(speedscope-[^"]+\.js)"/.exec(readFileSync(join(FOLDER, 'index.html'), 'utf8')) ?? [];
const PROGRAM = readFileSync(join(FOLDER, BUNDLE), 'utf8');

const TIMEOUT_MS = 20_000;
const POLL_MS = 10;

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const end = performance.now() + TIMEOUT_MS;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`speedscope did not get to ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** What the page hands to its command line. */
interface SpeedscopeWindow {
  speedscope: { loadFileFromBase64(name: string, content: string): void };
}

async function exported(name: string, content: string): Promise<Exported> {
  const { window } = new JSDOM('<!doctype html><body></body>', {
    url: 'http://localhost/#localProfilePath=none&view=sandwich',
    runScripts: 'outside-only',
    pretendToBeVisual: true,
    // It draws on a canvas that is not there, and says so; what it has read does not depend on it.
    virtualConsole: new VirtualConsole(),
  });
  try {
    let saved: Blob | undefined;
    let refused: string | undefined;
    // What a browser has and this DOM lacks.
    Object.assign(window, {
      TextDecoder,
      TextEncoder,
      alert: (message: string) => {
        refused = message;
      },
      matchMedia: () => ({ matches: false, addEventListener: () => undefined, addListener: () => undefined }),
    });
    window.Element.prototype.scrollTo = () => undefined;
    window.Element.prototype.scrollIntoView = () => undefined;
    window.URL.createObjectURL = (blob) => {
      saved = blob as Blob;
      return 'blob:saved';
    };
    window.eval(PROGRAM);
    const page = window as unknown as SpeedscopeWindow;
    page.speedscope.loadFileFromBase64(name, Buffer.from(content).toString('base64'));
    const button = await until('its Export button', () => {
      if (refused !== undefined) throw new Error(`speedscope says: ${refused}`);
      return [...window.document.querySelectorAll('div')].find(
        (div) => div.children.length === 1 && div.textContent.endsWith('Export'),
      );
    });
    button.click();
    const blob = await until('an exported file', () => saved);
    const text = await new Promise<string>((resolve) => {
      const reader = new window.FileReader();
      reader.onload = () => resolve(reader.result as string);
      reader.readAsText(blob);
    });
    return JSON.parse(text) as Exported;
  } finally {
    window.close();
  }
}

function readProfile({ shared }: Exported, { name, unit, events }: Exported['profiles'][number]): ReadProfile {
  const functions = new Map<string, { name: string; calls: number; self: number; total: number }>();
  const stacks = new Map<string, number>();
  const open: { name: string; at: number; inner: number }[] = [];
  for (const { type, frame, at } of events) {
    const { name } = shared.frames[frame]!;
    const known = functions.get(name) ?? { name, calls: 0, self: 0, total: 0 };
    functions.set(name, known);
    if (type === 'O') {
      open.push({ name, at, inner: 0 });
      known.calls++;
      continue;
    }
    const stack = open.map((call) => call.name).join(';');
    const call = open.pop();
    if (call?.name !== name) throw new Error(`${name} ends inside ${call?.name ?? 'nothing'}`);
    const took = at - call.at;
    stacks.set(stack, (stacks.get(stack) ?? 0) + took - call.inner);
    known.self += took - call.inner;
    if (!open.some((outer) => outer.name === name)) known.total += took;
    const caller = open.at(-1);
    if (caller !== undefined) caller.inner += took;
  }
  return { name, unit, functions: [...functions.values()], stacks };
}

/**
 * Has speedscope read a file.
 * @param name of the file; speedscope tells formats by their content, some by the name
 */
export async function readWithSpeedscope(name: string, content: string): Promise<ReadProfile[]> {
  const result = await exported(name, content);
  return result.profiles.map((profile) => readProfile(result, profile));
}
