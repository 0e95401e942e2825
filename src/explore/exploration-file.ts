// SPDX-License-Identifier: GPL-2.0-only

import { deserialize, serialize } from 'node:v8';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { EXPECTATION_NAMES } from '../check/expectations.js';
import { fileTitle, readBytes } from '../scenario/load.js';
import { writeWhole } from '../scenario/whole-file.js';
import { ALTMAP_CHOICES, MEMORY_CHOICES, UNITS } from './alphabet.js';
import { FrontierWriter, nodeAt, NODE_WORDS, NO_MOVE, readState } from './frontier.js';
import { MoveNumbers } from './moves.js';
import { Search, type SearchState } from './search.js';
import { Stepper } from './stepper.js';
import { VisitedStates } from './visited.js';

/**
 * A search in a file, to go on with later or to merge with the searches of other machines: a gzipped object as node:v8
 * writes it, numbers in typed arrays.
 */

/** Another number for other fingerprints too: states of two forms could not be told to be one. */
const SCHEMA = 'vmemmap/exploration/v3';

/** What a search of any version is saved as. */
const SAVED = z.looseObject({ schema: z.string().regex(/^vmemmap\/exploration\/v\d+$/) });

/** Words of a node in the file: its number, the chunk where it is saved, and the word of it. */
const FILE_NODE_WORDS = 3;

const words = z.instanceof(Int32Array);
const count = z.int().min(0);

const FILE = z.object({
  schema: z.literal(SCHEMA),
  options: z.object({
    machine: z.looseObject({ arch: z.string() }),
    sections: count,
    units: z.array(z.enum(UNITS)),
    altmaps: z.array(z.enum(ALTMAP_CHOICES)),
    memory: z.array(z.enum(MEMORY_CHOICES)).optional(),
    start: count.optional(),
    sectionBytes: count.optional(),
    compoundSize: count.optional(),
    expect: z.array(z.enum(EXPECTATION_NAMES)).optional(),
    depth: count,
    fail: z.boolean(),
    shard: z.object({ index: count, count }).optional(),
  }),
  ended: z.enum(['states', 'memory', 'asked']).optional(),
  depth: count,
  steps: count,
  levelEnds: z.array(count),
  isShared: z.boolean(),
  sightings: z.array(
    z.object({
      invariant: z.string(),
      sort: z.string(),
      lo: z.number(),
      hi: z.number(),
      moves: z.array(count),
    }),
  ),
  fingerprints: words,
  ways: words,
  /** States that wait: of the level at work, and behind them of the next. */
  waiting: count,
  nodes: words,
  chunks: z.array(words),
});
type ExplorationFile = z.infer<typeof FILE>;

/** Something about a file that makes it useless here. */
export class ExplorationFileError extends Error {
  override readonly name = 'ExplorationFileError';
}

/** Writes a search down. A file that was there is replaced when all is written. */
export function writeExploration(path: string, search: Search): void {
  writeWhole(path, gzipSync(serialize(fileOf(search)), { level: 1 }));
}

/** @throws ExplorationFileError where the file is none, or not whole */
export function readExploration(path: string): Search {
  const { options, ...file } = parse(path);
  const chunks = file.chunks.map((chunk) => {
    const buffer = new SharedArrayBuffer(chunk.byteLength);
    new Int32Array(buffer).set(chunk);
    return buffer;
  });
  const nodes = nodesOf(file.nodes);
  const border = file.waiting * NODE_WORDS;
  const state: SearchState = {
    visited: VisitedStates.from(file.fingerprints, file.ways),
    depth: file.depth,
    steps: file.steps,
    levelEnds: file.levelEnds,
    sightings: file.sightings,
    isShared: file.isShared,
    nodes: nodes.slice(0, border),
    chunks,
    next: 0,
    parts: [{ nodes: [...nodes.subarray(border)], chunks, looks: [] }],
  };
  return new Search(options, {}, state, file.ended);
}

function parse(path: string): ExplorationFile {
  let content: unknown;
  try {
    content = deserialize(gunzipSync(readBytes(path)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ExplorationFileError(`${fileTitle(path)}: it is no saved exploration (${code ?? 'not whole'})`);
  }
  const saved = SAVED.safeParse(content).data?.schema;
  if (saved !== undefined && saved !== SCHEMA) {
    throw new ExplorationFileError(
      `${fileTitle(path)}: it was saved as ${saved}, by another version of vmemmap; this one goes on with ${SCHEMA}`,
    );
  }
  const parsed = FILE.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ExplorationFileError(
    `${fileTitle(path)}: it is no saved exploration (${issue!.path.join('.')}: ${issue!.message})`,
  );
}

/** Nodes as a search has them: in the file all are saved themselves. */
function nodesOf(saved: Int32Array): Int32Array {
  const nodes = new Int32Array((saved.length / FILE_NODE_WORDS) * NODE_WORDS).fill(NO_MOVE);
  for (let n = 0; n * FILE_NODE_WORDS < saved.length; n++) {
    nodes.set(saved.subarray(n * FILE_NODE_WORDS, (n + 1) * FILE_NODE_WORDS), n * NODE_WORDS);
  }
  return nodes;
}

/** States that wait are saved themselves, and no others are in the file. */
function fileOf({ alphabet, state, options, ended, sightings, next }: Search): ExplorationFile {
  const writer = new FrontierWriter();
  const stepper = new Stepper(alphabet);
  const moves = new MoveNumbers(alphabet, options.fail);
  const copy = (nodes: ArrayLike<number>, from: number, chunks: readonly SharedArrayBuffer[]): void => {
    const views = chunks.map((chunk) => new Int32Array(chunk));
    for (let n = from; n < nodes.length / NODE_WORDS; n++) {
      const { id, chunk, at, move } = nodeAt(nodes, n);
      stepper.enter(readState(views[chunk]!, at), move === NO_MOVE ? undefined : moves.toMove(move));
      writer.save({ saved: stepper.save(), places: stepper.places });
      writer.push(id, NO_MOVE);
    }
  };
  copy(state.nodes, next, state.chunks);
  const waiting = writer.nodes.length / NODE_WORDS;
  for (const { nodes, chunks } of state.parts) copy(nodes, 0, chunks);
  return {
    schema: SCHEMA,
    options: options as ExplorationFile['options'],
    ended,
    depth: state.depth,
    steps: state.steps,
    levelEnds: state.levelEnds,
    isShared: state.isShared,
    sightings: sightings.map((sighting) => ({ ...sighting, moves: [...sighting.moves] })),
    fingerprints: state.visited.fingerprints(),
    ways: state.visited.ways(),
    waiting,
    nodes: Int32Array.from(writer.nodes.filter((_, word) => word % NODE_WORDS < FILE_NODE_WORDS)),
    chunks: writer.chunks.map((chunk) => Int32Array.from(new Int32Array(chunk))),
  };
}
