// SPDX-License-Identifier: GPL-2.0-only

/** What the page shows, in its address behind the #: a link leads to the same bytes at the same moment. */

/** A scenario and the kernels that it runs on. */
export interface Draft {
  readonly file: Scenario;
  readonly kernels: readonly string[];
  /** Expectations that are asked beside the invariants. */
  readonly expect?: readonly string[];
}

/** A scenario as a file, as far as the page looks into it. */
export interface Scenario {
  readonly name?: string;
  readonly title?: string;
  readonly machine: Readonly<Record<string, unknown>> & { readonly arch: string };
  readonly altmaps?: Readonly<Record<string, unknown>>;
  readonly steps: readonly ScenarioStep[];
  readonly failAllocations?: readonly number[];
}

export type ScenarioStep = Readonly<Record<string, unknown>> & { readonly op: string };

/** What stands behind the #. Steps and events count from 1, as people do. */
export interface Shown {
  readonly bug?: string;
  readonly draft?: Draft;
  readonly subject?: string;
  readonly kernels?: readonly string[];
  readonly step?: number;
  readonly event?: number;
  /** Low 52 bits of the addresses of what is selected. */
  readonly at?: readonly [start: number, end: number];
}

const BASE64 = { '+': '-', '/': '_', '=': '' } as const;

async function through(bytes: Uint8Array, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const body = new Blob([bytes as BlobPart]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(body).arrayBuffer());
}

/** Text that an address can hold. */
export async function packed(value: unknown): Promise<string> {
  const bytes = await through(new TextEncoder().encode(JSON.stringify(value)), new CompressionStream('deflate-raw'));
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')).replace(
    /[+/=]/g,
    (c) => BASE64[c as '+'],
  );
}

/** @throws Error for text that is none of {@link packed} */
export async function unpacked(text: string): Promise<unknown> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(await through(bytes, new DecompressionStream('deflate-raw'))));
}

const number = (text: string | null): number | undefined => {
  const value = Number(text);
  return text === null || !Number.isInteger(value) ? undefined : value;
};

const ADDRESSES = /^([0-9a-f]+)-([0-9a-f]+)$/;

/** Reads an address. What it does not understand is left out. */
export async function readHash(hash: string): Promise<Shown> {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const range = ADDRESSES.exec(fields.get('at') ?? '');
  const play = fields.get('p');
  const draft = play === null ? undefined : await unpacked(play).catch(() => undefined);
  const step = number(fields.get('step'));
  const event = number(fields.get('event'));
  const kernels = fields.get('on')?.split(',');
  return {
    ...(fields.get('bug') === null ? {} : { bug: fields.get('bug')! }),
    ...(isDraft(draft) ? { draft } : {}),
    ...(fields.get('of') === null ? {} : { subject: fields.get('of')! }),
    ...(kernels === undefined ? {} : { kernels }),
    ...(step === undefined ? {} : { step }),
    ...(event === undefined ? {} : { event }),
    ...(range === null ? {} : { at: [parseInt(range[1]!, 16), parseInt(range[2]!, 16)] as const }),
  };
}

/** Whether something is a scenario with kernels: links come from anywhere. */
function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false;
  const { file, kernels, expect = [] } = value as Record<string, unknown>;
  for (const names of [kernels, expect])
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) return false;
  return isScenario(file);
}

export function isScenario(file: unknown): file is Scenario {
  if (typeof file !== 'object' || file === null) return false;
  const { machine, steps } = file as Record<string, unknown>;
  if (typeof machine !== 'object' || machine === null || typeof (machine as { arch?: unknown }).arch !== 'string')
    return false;
  return Array.isArray(steps) && steps.every((step) => typeof step === 'object' && step !== null && 'op' in step);
}

/** Writes an address. @param pack what {@link packed} made of the draft */
export function writeHash({ bug, subject, kernels, step, event, at }: Shown, pack?: string): string {
  const fields: [string, string | undefined][] = [
    ['p', pack],
    ['bug', bug],
    ['of', subject],
    ['on', kernels?.join(',')],
    ['step', step?.toString()],
    ['event', event?.toString()],
    ['at', at && `${at[0].toString(16)}-${at[1].toString(16)}`],
  ];
  const text = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]));
  return `#${text.join('&')}`;
}
