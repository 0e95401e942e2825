// SPDX-License-Identifier: GPL-2.0-only

import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';

/** Lines over points as SVG: the same in a page and as a file of its own, in light and dark. */

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Axis {
  readonly label: string;
  readonly text: (value: number) => string;
}

export interface LinePlot {
  /** What the file and the anchor are called. */
  readonly name: string;
  readonly title: string;
  /** Values of x double from tick to tick, or stand evenly. */
  readonly x: Axis & { readonly scale: 'doubling' | 'even' };
  /** From zero on, or by powers of ten. */
  readonly y: Axis & { readonly scale: 'linear' | 'powers' };
  readonly series: readonly Series[];
}

const WIDTH = 560;
const HEIGHT = 300;
const MARGIN = { top: 12, right: 34, bottom: 44, left: 64 } as const;
const LEGEND_LINE = 18;
const LEGEND_COLUMN = 250;
const Y_TICKS = 5;
/** More values of x than this are not all named. */
const MAX_X_TICKS = 9;
const POINT_RADIUS = 3;
/** Colours that can be told apart, on light and on dark ground, also by most who see fewer of them. */
const COLOURS = [
  '#3d7fc1',
  '#c4622d',
  '#2f8f63',
  '#a05cb5',
  '#b8860b',
  '#d0487a',
  '#5c7a99',
  '#7a8f2f',
  '#8c6d5a',
  '#3a9aa8',
];
/** Dashes tell the colours apart where there are none. */
const DASHES = ['', '6 3', '2 3', '8 3 2 3'];

const STYLE = `
.line-plot{font:12px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:currentColor}
.line-plot .grid{stroke:currentColor;stroke-opacity:.18}
.line-plot .axis{stroke:currentColor;stroke-opacity:.6}
:root.line-plot{color:#1c1e21;background:#fcfcfb}
@media (prefers-color-scheme:dark){:root.line-plot{color:#e4e6e9;background:#15171a}}`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const rounded = (value: number): string => String(Number(value.toFixed(1)));

/** Every n-th value, so that not more than {@link MAX_X_TICKS} are left; the last is always among them. */
function thinned(values: readonly number[]): number[] {
  const every = Math.ceil(values.length / MAX_X_TICKS);
  return values.filter((_, i) => (values.length - 1 - i) % every === 0);
}

const ascending = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b);

/** Ticks of y: round numbers, or powers of ten. */
function yTicks(top: number, bottom: number, scale: LinePlot['y']['scale']): number[] {
  if (scale === 'linear') return scaleLinear([0, top], [0, 1]).nice(Y_TICKS).ticks(Y_TICKS);
  const first = Math.floor(Math.log10(bottom));
  const last = Math.ceil(Math.log10(top));
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

/** @throws RangeError for a plot without a point */
export function linePlotSvg({ name, title, x, y, series }: LinePlot): string {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) throw new RangeError(`${name}: there is nothing to plot`);
  const xs = ascending(points.map(([value]) => value));
  const ys = points.map(([, value]) => value);
  const ticks = yTicks(Math.max(...ys), Math.min(...ys), y.scale);
  const legendRows = series.length > 1 ? Math.ceil(series.length / 2) : 0;
  const top = MARGIN.top + legendRows * LEGEND_LINE;
  const bottom = top + HEIGHT - MARGIN.top - MARGIN.bottom;
  const height = bottom + MARGIN.bottom;
  const xDomain = [xs[0]!, xs[xs.length - 1]!];
  const across = [MARGIN.left, WIDTH - MARGIN.right];
  const xScale = x.scale === 'doubling' ? scaleLog(xDomain, across).base(2) : scaleLinear(xDomain, across);
  const yDomain = [ticks[0]!, ticks[ticks.length - 1]!];
  const yScale = y.scale === 'linear' ? scaleLinear(yDomain, [bottom, top]) : scaleLog(yDomain, [bottom, top]);
  const path = line<Point>(
    ([value]) => xScale(value),
    ([, value]) => yScale(value),
  ).digits(1);

  const grid = ticks.map((tick) => {
    const at = rounded(yScale(tick));
    return (
      `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}"/>` +
      `<text x="${MARGIN.left - 6}" y="${at}" dy=".35em" text-anchor="end">${escaped(y.text(tick))}</text>`
    );
  });
  const below = thinned(xs).map((tick) => {
    const at = rounded(xScale(tick));
    return (
      `<line class="axis" x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 4}"/>` +
      `<text x="${at}" y="${bottom + 17}" text-anchor="middle">${escaped(x.text(tick))}</text>`
    );
  });
  const lines = series.map((one, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const dash = DASHES[i % DASHES.length]!;
    const dots = one.points.map(
      ([a, b]) =>
        `<circle cx="${rounded(xScale(a))}" cy="${rounded(yScale(b))}" r="${POINT_RADIUS}" fill="${colour}">` +
        `<title>${escaped(`${one.name}, ${x.text(a)}: ${y.text(b)}`)}</title></circle>`,
    );
    const dashed = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
    return `<path d="${path(one.points) ?? ''}" fill="none" stroke="${colour}" stroke-width="2"${dashed}/>${dots.join('')}`;
  });
  const legend =
    series.length === 1
      ? []
      : series.map((one, i) => {
          const left = MARGIN.left + (i % 2) * LEGEND_COLUMN;
          const at = MARGIN.top + Math.floor(i / 2) * LEGEND_LINE;
          const dash = DASHES[i % DASHES.length]!;
          const dashed = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
          return (
            `<line x1="${left}" x2="${left + 22}" y1="${at}" y2="${at}" stroke="${COLOURS[i % COLOURS.length]!}" stroke-width="2"${dashed}/>` +
            `<text x="${left + 28}" y="${at}" dy=".35em">${escaped(one.name)}</text>`
          );
        });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="line-plot" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<title>${escaped(title)}</title>`,
    ...legend,
    ...grid,
    `<line class="axis" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${bottom}" y2="${bottom}"/>`,
    ...below,
    ...lines,
    `<text x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${height - 8}" text-anchor="middle">${escaped(x.label)}</text>`,
    `<text transform="translate(12 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`,
    '</svg>',
  ].join('');
}
