// SPDX-License-Identifier: GPL-2.0-only

/** Text of C: strings that end in a zero byte, and printf() over variable arguments as Clang lays them down. */

const CONVERSION = /%(#?)(?:0?\d*)(l{0,2}|h{0,2}|z)([xXdiuspc%])/g;

/** A string. @param at byte address */
export function textAt(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let i = at; bytes[i] !== undefined && bytes[i] !== 0; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/**
 * A format with its arguments filled in. Each argument has its natural alignment; pointers and longs are 64 bits.
 * @param format byte address
 * @param args byte address of the first argument
 */
export function formatted(bytes: Uint8Array<ArrayBuffer>, format: number, args: number): string {
  const view = new DataView(bytes.buffer);
  let at = args;
  return textAt(bytes, format).replace(CONVERSION, (_whole, alternate: string, length: string, kind: string) => {
    if (kind === '%') return '%';
    const isWide = length.startsWith('l') || length === 'z' || kind === 's' || kind === 'p';
    if (isWide) at = Math.ceil(at / 8) * 8;
    const value = isWide ? view.getBigInt64(at, true) : BigInt(view.getInt32(at, true));
    at += isWide ? 8 : 4;
    if (kind === 's') return textAt(bytes, Number(value));
    if (kind === 'd' || kind === 'i') return value.toString();
    if (kind === 'c') return String.fromCharCode(Number(value));
    const unsigned = BigInt.asUintN(isWide ? 64 : 32, value);
    if (kind === 'u') return unsigned.toString();
    return `${alternate === '#' ? '0x' : ''}${unsigned.toString(16)}`;
  });
}
