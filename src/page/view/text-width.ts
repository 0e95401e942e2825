// SPDX-License-Identifier: GPL-2.0-only

/** How wide a text is in the picture, so that nothing is written over what is beside it. */

const FONT = 'px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const BOLD = '600 12';

let canvas: CanvasRenderingContext2D | null | undefined;
const widths = new Map<string, number>();

/** Pixels that a text takes, in the widest letters of the picture. */
export function textWidth(text: string): number {
  const known = widths.get(text);
  if (known !== undefined) return known;
  canvas ??= document.createElement('canvas').getContext('2d');
  canvas!.font = `${BOLD}${FONT}`;
  const { width } = canvas!.measureText(text);
  widths.set(text, width);
  return width;
}

/** The first text that fits into a width; none where none does. */
export const fitting = (width: number, ...texts: string[]): string =>
  texts.find((text) => textWidth(text) <= width) ?? '';
