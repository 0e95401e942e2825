// SPDX-License-Identifier: GPL-2.0-only
// Stryker disable StringLiteral: names, reasons and sources are words for people

import { arithmetic, type Figure } from '../../src/cycles/figure.js';
import type { RemoteNode } from '../../src/cycles/profile.js';
import { SOURCES } from '../../src/cycles/sources.js';

/**
 * Memory of other nodes, by idle latencies that were measured on one machine: those of one CPU to its own node and to the
 * others. Distances are what firmware of such machines prints; it says 2.1 times where 1.8 are measured.
 */

const times = (value: number, how: string, range?: readonly [low: number, high: number]): Figure =>
  arithmetic(value, 'times', how, range);

const otherSocket = (distances: readonly number[], latency: Figure): RemoteNode => ({
  name: 'other socket',
  distances,
  isMemoryOnly: false,
  latency,
});

export const ICE_LAKE_NODES: readonly RemoteNode[] = [
  otherSocket([20, 21], times(1.6, `${SOURCES.mlcLeuven}; Platinum 8360Y, 142.7 over 89.2 ns`)),
];

export const SAPPHIRE_RAPIDS_NODES: readonly RemoteNode[] = [
  {
    name: 'same socket',
    distances: [12],
    isMemoryOnly: false,
    latency: times(1.19, `${SOURCES.mlcLeuven}; Platinum 8468 as four nodes, 113.8 over 95.4 ns`, [1.11, 1.29]),
  },
  otherSocket(
    [20, 21],
    times(
      1.81,
      `${SOURCES.scargall}; a server of 2 x 52 cores, 195.7 over 108.2 ns; 1.97 on Platinum 8468 as eight nodes`,
      [1.81, 1.97],
    ),
  ),
  {
    name: 'CXL',
    distances: [14],
    isMemoryOnly: true,
    latency: times(
      2.44,
      `${SOURCES.cxlDevices}; loads from the fastest of three devices took 1.35 times those from the other socket, from the slowest 3 times`,
      [2.44, 5.43],
    ),
  },
];

export const GENOA_NODES: readonly RemoteNode[] = [
  {
    name: 'same socket',
    distances: [12],
    isMemoryOnly: false,
    latency: times(1.09, `${SOURCES.mlcGenoaCxl}; 117.1 over 107.5 ns`),
  },
  otherSocket([20, 32], times(1.87, `${SOURCES.mlcGenoaCxl}; 200.7 over 107.5 ns`)),
  {
    name: 'CXL',
    distances: [50],
    isMemoryOnly: true,
    latency: times(2.6, `${SOURCES.mlcGenoaCxl}; 279.4 over 107.5 ns`),
    stream: times(2.65, `${SOURCES.mlcGenoaCxl}; one thread reads 45 GB/s of its own node, 17 of the expander`),
  },
  {
    name: 'CXL of the other socket',
    distances: [60],
    isMemoryOnly: true,
    latency: times(3.41, `${SOURCES.mlcGenoaCxl}; 363.8 over 106.8 ns`),
  },
];
