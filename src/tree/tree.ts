// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Parser } from 'web-tree-sitter';
import type { CodeMachine } from '../kernel/memmap-code.js';
import { cached, hashOf, keep } from './cache.js';
import { findCompiler, FLAGS, type Compiler, type StandIn } from './compiler.js';
import { startParser } from './definitions.js';
import { fuelled } from './fuel.js';
import { TreeError } from './tree-error.js';
import { loadable, Module, type WasmModule } from './module.js';
import { configOf, configure, extract, filesFor, versionOf, type Extract } from './source.js';
import { targetOf, TARGETS, type Configuration, type Target } from './targets.js';

/** A user's Linux tree, opened: modules of its C for machines. */

export interface TreeOptions {
  /** Kconfig names that the user says. */
  readonly config?: Configuration | undefined;
  /** A compiler by its name, or "npm". */
  readonly compiler?: string | undefined;
}

/** The tree's C for one kind of machine. */
export interface TreeModule {
  readonly module: WasmModule;
  /** Where each function of the tree is defined: "file:line". */
  readonly places: Readonly<Record<string, string>>;
}

/** What the cache says beside a module: facts about it, no code. */
interface Index {
  readonly places: Readonly<Record<string, string>>;
}

const PAGE_SHIFTS: Readonly<Record<number, number>> = { 4096: 12, 16384: 14, 65536: 16 };

/** Stand-ins of every architecture, and those of one, in the package. */
const GENERIC_STAND_INS = 'src/tree/prelude';
const standInsFolder = (arch: string): string => `arch/${arch}/prelude`;

/** Headers of the stand-ins, in the order in which they are included. */
const HEADERS_BEFORE_ARCH = [
  'emulator.h',
  'linux/types.h',
  'linux/kernel.h',
  'linux/printk.h',
  'linux/bitmap.h',
  'linux/spinlock.h',
  'linux/mm.h',
  'linux/gfp.h',
].map((file) => `${GENERIC_STAND_INS}/${file}`);
const HEADER_BEHIND_ARCH = `${GENERIC_STAND_INS}/linux/mmzone.h`;

/** The stand-ins that an architecture has to have. */
const archHeader = ({ arch }: Target): string => `${standInsFolder(arch)}/pgtable.h`;

const headersOf = (target: Target): string[] => [...HEADERS_BEFORE_ARCH, archHeader(target), HEADER_BEHIND_ARCH];

/** What stands behind the tree's functions. */
const doorsOf = ({ arch }: Target, all: readonly StandIn[]): string[] =>
  [standInsFolder(arch), GENERIC_STAND_INS]
    .map((folder) => `${folder}/doors.c`)
    .filter((file) => all.some((s) => s.file === file));

const INCLUDED = /^#include "(.*)"$/gm;

/** The files of an architecture's stand-ins: its headers with those that they include, and what stands behind the tree. */
function standInsOf(target: Target, all: readonly StandIn[]): StandIn[] {
  const found = new Map<string, StandIn>();
  const take = (file: string): void => {
    const standIn = all.find((s) => s.file === file);
    if (standIn === undefined || found.has(file)) return;
    found.set(file, standIn);
    for (const [, name] of standIn.text.matchAll(INCLUDED)) take(posix.join(posix.dirname(file), name!));
  };
  [...headersOf(target), ...doorsOf(target, all)].forEach(take);
  return [...found.values()];
}

/** The folder of the package, also where this runs compiled. */
function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, GENERIC_STAND_INS))) folder = dirname(folder);
  return folder;
}

/** The files of a folder and of those in it, by name. */
function allOf(folder: string, kind: RegExp): StandIn[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => kind.test(name))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));
}

/** The stand-ins of every architecture, by their paths in the package. */
const standInsBelow = (root: string): StandIn[] =>
  [GENERIC_STAND_INS, ...TARGETS.map(({ arch }) => standInsFolder(arch))].flatMap((folder) =>
    allOf(join(root, folder), /\.[ch]$/).map(({ file, text }) => ({ file: posix.join(folder, file), text })),
  );

/** What takes the C out is a part of what the result depends on. */
const OWN_CODE = allOf(dirname(fileURLToPath(import.meta.url)), /^[^/]*\.[jt]s$/);

export class Tree {
  /** As the Makefile says it. */
  readonly version: string;
  private readonly root = packageFolder();
  private readonly standIns = standInsBelow(this.root);
  private readonly modules = new Map<string, TreeModule>();
  private readonly extracts = new Map<Target, Extract>();
  private found: Compiler | undefined;

  /** @param parser of C; needed where nothing is in the cache */
  private constructor(
    readonly path: string,
    private readonly options: TreeOptions,
    private readonly parser: Parser | undefined,
  ) {
    this.version = versionOf(path);
  }

  /**
   * Opens a tree.
   * @throws TreeError where there is none
   */
  static async open(path: string, options: TreeOptions = {}): Promise<Tree> {
    const at = resolve(path);
    if (!existsSync(at) || !statSync(at).isDirectory()) throw new TreeError(`${path} is no folder; a tree is one`);
    let parser: Parser | undefined;
    try {
      parser = await startParser();
    } catch {
      parser = undefined;
    }
    return new Tree(at, options, parser);
  }

  /**
   * The tree's C for a machine: one module for each size of page and of struct page.
   * @param isNamed calls stay calls, so that a stack names every function
   * @throws TreeError where the tree has no such architecture, or its C does not compile
   */
  moduleFor(config: CodeMachine, isNamed = false): TreeModule {
    const target = targetOf(config.arch);
    const flags = [
      `-DSTRUCT_PAGE_SIZE=${config.structPageSize}`,
      `-DPAGE_SHIFT=${PAGE_SHIFTS[config.pageSize]!}`,
      ...(isNamed ? ['-fno-inline', '-fno-optimize-sibling-calls'] : []),
    ];
    const ofMachine = Object.entries(target.of?.(config) ?? {}).map(([name, value]) => `${name}=${String(value)}`);
    const key = [target.arch, ...flags, ...ofMachine].join(' ');
    const known = this.modules.get(key);
    if (known !== undefined) return known;
    const made = this.load(target, flags, config, ofMachine);
    this.modules.set(key, made);
    return made;
  }

  /** Where a function is defined, "file:line"; undefined where no module of the architecture was asked for. */
  placeOf(arch: string, name: string): string | undefined {
    const key = [...this.modules.keys()].find((k) => k.startsWith(`${arch} `));
    return key === undefined ? undefined : this.modules.get(key)!.places[name];
  }

  /** The C of an architecture, and what decides in it. @throws TreeError */
  extractOf(target: Target): Extract {
    const known = this.extracts.get(target);
    if (known !== undefined) return known;
    if (this.parser === undefined) {
      throw new TreeError('the packages web-tree-sitter and tree-sitter-c are not installed; they read the tree');
    }
    const standIns = standInsOf(target, this.standIns);
    const made = extract(this.parser, this.path, target, filesFor(this.path, target), standIns);
    this.extracts.set(target, made);
    return made;
  }

  private get compiler(): Compiler {
    this.found ??= findCompiler(this.options.compiler);
    if (this.found !== undefined) return this.found;
    throw new TreeError(
      'no Clang with wasm-ld is on this machine, nor the package @yowasp/clang; one of them compiles the tree',
    );
  }

  private load(
    target: Target,
    flags: readonly string[],
    machine: CodeMachine,
    ofMachine: readonly string[],
  ): TreeModule {
    const hash = hashOf([
      this.compiler.identity,
      ...FLAGS,
      ...flags,
      ...ofMachine,
      ...[...(this.options.config ?? [])].map(([name, value]) => `${name}=${String(value)}`).sort(),
      ...[...configOf(this.path, target)].map(([name, value]) => `${name}=${String(value)}`),
      ...[...this.standIns, ...OWN_CODE, ...filesFor(this.path, target)].flatMap(({ file, text }) => [file, text]),
    ]);
    const bytes = cached(`${hash}.wasm`);
    const index = cached(`${hash}.json`);
    if (bytes !== undefined && index !== undefined) {
      const { places } = JSON.parse(index.toString()) as Index;
      return { module: new Module(bytes), places };
    }
    const made = this.compile(target, flags, machine);
    const { places } = this.extractOf(target);
    // What is no module is not kept.
    const module = new Module(made);
    keep(`${hash}.wasm`, made);
    keep(`${hash}.json`, JSON.stringify({ places } satisfies Index));
    return { module, places };
  }

  private compile(target: Target, flags: readonly string[], machine: CodeMachine): Uint8Array<ArrayBuffer> {
    const taken = this.extractOf(target);
    const configuration = configure(this.path, target, taken, this.options.config ?? new Map(), machine);
    const unit = [
      ...configuration,
      // The stand-ins are inlined also where the tree's functions are not: a stack names those alone.
      '#define inline inline __attribute__((always_inline))',
      ...headersOf(target).map((file) => `#include "${file}"`),
      '#undef inline',
      taken.text,
      ...doorsOf(target, this.standIns).map((file) => `#include "${file}"`),
      '',
    ].join('\n');
    const result = this.compiler.compile(unit, { folder: this.root, files: standInsOf(target, this.standIns) }, [
      ...flags,
      ...taken.defines.map((define) => `-D${define}`),
    ]);
    if (typeof result !== 'string') return fuelled(loadable(result));
    throw new TreeError(this.complaint(target, result));
  }

  /** What the compiler said, as a sentence for each name that has no stand-in. */
  private complaint(target: Target, said: string): string {
    const errors = said.split('\n').filter((line) => line.includes('error: '));
    const shown = errors.slice(0, 12).map((line) => `  ${line.replace(/^.*?([\w./-]+:\d+):\d+: error: /, '$1: ')}`);
    const where = relative(process.cwd(), join(this.root, archHeader(target)));
    return [
      `${this.path} (${this.version}) does not compile for ${target.arch}; stand-ins for what is missing are written in ${where}`,
      ...(shown.length > 0 ? shown : [said.slice(0, 1000)]),
      ...(errors.length > shown.length ? [`  and ${errors.length - shown.length} more`] : []),
    ].join('\n');
  }
}
