// SPDX-License-Identifier: GPL-2.0-only

/** Inputs made worse: as text, byte by byte, and as JSON, value by value. All chance comes from a seed. */

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export class Chance {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** What stands at the borders of what is allowed, and what is none of it. */
const NUMBERS = [
  ...[-1, 0, 1, 2, 3, 0.5, 7, 63, 64, 511, 512, 513, 4095, 4096, 4097, 32767, 32768, 65536, 2 ** 20, 2 ** 21, 2 ** 27],
  ...[
    2 ** 30,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    2 ** 34,
    2 ** 40,
    2 ** 45,
    2 ** 46,
    2 ** 52,
    2 ** 53 - 1,
    2 ** 63,
    1e308,
    -1e9,
  ],
];
const TEXTS = [
  ...['', ' ', 'x', '0', '-1', '0x', '0x0', '0x1', '0x100000000', '0x107ffffff', '0xfffffffffffff', '0x3fffffffffff'],
  ...[
    '0xffffffffffffffff',
    '0xfffffffffffffffffffff',
    '1',
    '128M',
    '2M',
    '4K',
    '1G',
    '2T',
    '4096T',
    '1.5G',
    '128X',
    'NaN',
  ],
  ...[
    'x86_64',
    'arm64',
    'ppc64',
    's390',
    '4.18',
    '5.2',
    '5.12',
    '6.1',
    '6.12.117',
    '7.3',
    'radix',
    'hash',
    'y',
    'force',
  ],
  ...['add-pages', 'remove-pages', 'add-memory', 'online', 'offline', 'remove-memory', 'kmem', 'virtio-mem', 'use'],
  ...[
    '__proto__',
    'constructor',
    'yes',
    'no',
    'online',
    'fsdax',
    'devdax',
    'dev',
    'mem',
    '0-15',
    '15-0',
    '\u0000',
    '😀',
  ],
];

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A place in a value: what holds it, and by which key. */
interface Place {
  readonly holder: Json[] | Record<string, Json>;
  readonly key: string | number;
}

function placesOf(value: Json, into: Place[] = []): Place[] {
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      into.push({ holder: value, key: i });
      placesOf(item, into);
    });
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      into.push({ holder: value, key });
      placesOf(item, into);
    }
  }
  return into;
}

const get = ({ holder, key }: Place): Json => (holder as Record<string | number, Json>)[key]!;
const set = ({ holder, key }: Place, value: Json): void => {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
};

/** A value that is like another one, and not it. */
function nudged(value: Json, chance: Chance): Json {
  if (typeof value === 'number') {
    return chance.of([value + 1, value - 1, value * 2, value / 2, value * 4096, -value, value + 0.5]);
  }
  if (typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value)) {
    const bits = BigInt(value);
    return `0x${chance.of([bits + 1n, bits * 2n, bits / 2n, bits << 12n, bits ^ (1n << BigInt(chance.below(64)))]).toString(16)}`;
  }
  if (typeof value === 'string') return bytesChanged(value, chance);
  if (typeof value === 'boolean') return !value;
  return null;
}

const MAX_COPIES = 8;

function changeOne(root: Json, donor: Json, chance: Chance): void {
  const places = placesOf(root);
  if (places.length === 0) return;
  const place = chance.of(places);
  const { holder, key } = place;
  const value = get(place);
  switch (chance.below(9)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(key as number, 1);
      else Reflect.deleteProperty(holder, key);
      return;
    case 1:
      set(place, chance.of(NUMBERS));
      return;
    case 2:
      set(place, chance.of(TEXTS));
      return;
    case 3:
      set(place, chance.of<Json>([null, true, false, [], {}, [[]], [0], { a: 1 }]));
      return;
    case 4: {
      const others = placesOf(donor);
      if (others.length > 0) set(place, structuredClone(get(chance.of(others))));
      return;
    }
    case 5:
      if (Array.isArray(holder)) {
        for (let n = chance.below(MAX_COPIES); n >= 0; n--) holder.push(structuredClone(value));
      } else set({ holder, key: chance.of(TEXTS) }, value);
      return;
    case 6:
      if (Array.isArray(holder)) {
        const other = chance.below(holder.length);
        [holder[key as number], holder[other]] = [holder[other]!, value];
      }
      return;
    default:
      set(place, nudged(value, chance));
  }
}

/** Changes of one input at most. */
const MAX_CHANGES = 4;

/** A JSON text with some of its values changed. @param donor another text of the kind, of which values may come */
export function valuesChanged(text: string, donor: string, chance: Chance): string {
  const root = JSON.parse(text) as Json;
  const other = JSON.parse(donor) as Json;
  for (let n = chance.below(MAX_CHANGES); n >= 0; n--) changeOne(root, other, chance);
  return JSON.stringify(root);
}

const CHARACTERS: readonly string[] = Array.from('0123456789abcdefx-: ,.{}[]"\\\n\t=()#GMKT\u0000é');

/** A text with some of its characters changed, doubled, moved or gone. */
export function bytesChanged(text: string, chance: Chance): string {
  let changed = text;
  for (let n = chance.below(MAX_CHANGES); n >= 0; n--) {
    const at = chance.below(changed.length + 1);
    const length = 1 + chance.below(chance.below(4) === 0 ? 200 : 4);
    const piece = changed.slice(at, at + length);
    const before = changed.slice(0, at);
    const behind = changed.slice(at + length);
    switch (chance.below(6)) {
      case 0:
        changed = before + behind;
        break;
      case 1:
        changed = before + chance.of(CHARACTERS) + changed.slice(at);
        break;
      case 2:
        changed = before + chance.of(CHARACTERS) + behind;
        break;
      case 3:
        changed = before + piece + piece + behind;
        break;
      case 4:
        changed = before;
        break;
      default:
        changed = before + String(chance.of(NUMBERS)) + behind;
    }
  }
  return changed;
}
