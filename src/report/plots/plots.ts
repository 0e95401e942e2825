// SPDX-License-Identifier: GPL-2.0-only

import type { Curve } from '../../bench/curves.js';
import { sizeText } from '../text.js';
import { linePlotSvg, type LinePlot } from './line-plot.js';

/** The plots that there are: what is on the axes, and how it is written. */

/** A plot that was drawn. */
export interface DrawnPlot {
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

const SUFFIXES = ['', 'k', 'M', 'G', 'T'];

/** "1.5 M". */
function short(value: number): string {
  let at = 0;
  while (value >= 1000 && at < SUFFIXES.length - 1) {
    value /= 1000;
    at++;
  }
  return `${Number(value.toPrecision(3))}${at === 0 ? '' : ` ${SUFFIXES[at]!}`}`;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

const draw = (plot: LinePlot): DrawnPlot => ({ name: plot.name, title: plot.title, svg: linePlotSvg(plot) });

/** @param curves of {@link costByBlockSize} */
export const blockSizePlot = (curves: readonly Curve[]): DrawnPlot =>
  draw({
    name: 'cost-block-size',
    title: 'Cycles to add and remove 1 GiB, by block size; each block holds its own memmap',
    x: { label: 'memory block', text: sizeText, scale: 'doubling' },
    y: { label: 'cycles / GiB', text: short, scale: 'powers' },
    series: curves,
  });

/** @param curves of {@link costByStructPage} */
export const structPagePlot = (curves: readonly Curve[]): DrawnPlot =>
  draw({
    name: 'cost-struct-page',
    title: 'Cycles to add and remove a section, by sizeof(struct page)',
    x: { label: 'sizeof(struct page), bytes', text: String, scale: 'even' },
    y: { label: 'cycles / section', text: short, scale: 'powers' },
    series: curves,
  });

/** @param curves of {@link overheadByMemory} */
export const overheadPlot = (curves: readonly Curve[]): DrawnPlot =>
  draw({
    name: 'overhead-memory',
    title: 'Memory that memmap and tables take, by memory added',
    x: { label: 'memory added', text: sizeText, scale: 'doubling' },
    y: { label: 'of it', text: percent, scale: 'powers' },
    series: curves,
  });
