// SPDX-License-Identifier: GPL-2.0-only

import { Command, CommanderError, Option } from 'commander';
import type { BenchOptions } from './bench.js';
import { EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import type { CpuOptions } from './cpu.js';
import type { CyclesOptions } from './cycles.js';
import { packageVersion } from './package-root.js';
import type { PlanOptions } from './plan.js';
import type { BisectOptions } from './bisect.js';
import type { DiffOptions } from './diff.js';
import type { DiffSearchOptions } from './diff-search.js';
import type { DumpOptions } from './dump.js';
import type { ExploreCommand } from './explore.js';
import type { KernelOptions } from './kernel.js';
import type { ManOptions } from './man.js';
import type { MergeOptions } from './merge.js';
import type { OutputName } from '../report/output-schemas/index.js';
import type { ReportOptions } from './report.js';
import type { ReproOptions } from './repro.js';
import type { QemuOptions } from './qemu.js';
import type { RunOptions } from './run.js';
import type { ScenarioOptions } from './scenario.js';
import type { SchemaOptions } from './schema.js';
import type { ServeOptions } from './serve.js';
import type { TestOptions } from './test.js';
import type { ValidateOptions } from './validate.js';
import type { WhereOptions } from './where.js';
import type { VerifyOptions } from './verify.js';

/** `vmemmap`: the commands and their options. What a command does is loaded when it runs. */

/** What commander finds wrong, said as the rest is. */
const ownWords = (text: string): string =>
  text
    .replace(/^error: /, 'vmemmap: ')
    .replace(/\n\(Did you mean (.*)\?\)/, (_, names: string) => `; did you mean ${names}?`);

/** The commands, for those who ask what there is. */
export const program = new Command('vmemmap')
  .description('How Linux populates and frees the vmemmap, entry by entry, without building or booting a kernel.')
  .version(packageVersion(), '-V, --version')
  .option('--no-pager', 'print long text as it is, also on a terminal')
  .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
  .showHelpAfterError(false)
  .configureOutput({ outputError: (text, write) => write(ownWords(text)) })
  .exitOverride()
  .addHelpText(
    'after',
    '\nExit codes: 0 fine, 1 a finding or a failed comparison, 2 wrong use, 70 a defect of this program.',
  );

/** What is explored: options that a saved exploration has answered. */
const EXPLORED = [
  ...['arch', 'kernel', 'pageSize', 'mmu', 'structPage', 'sections', 'depth', 'unit', 'altmap', 'memory'],
  ...['start', 'sectionSize', 'compound', 'expect', 'betweenWrites', 'stale', 'fail', 'shard'],
];

/** @param schemas what it prints, by the names that `vmemmap schema` takes */
const json = (...schemas: OutputName[]): Option =>
  new Option('-J, --json', `print the result as JSON (schema ${schemas.join(', ')})`);
const output = (): Option => new Option('-o, --output <file>', 'write the result to a file');
const ktap = (): Option => new Option('--ktap', 'print the result as KTAP version 1').conflicts('json');
const junit = (): Option => new Option('--junit', 'print the result as JUnit XML').conflicts(['json', 'ktap']);
const github = (): Option =>
  new Option('--github', 'print what failed as annotations of GitHub Actions').conflicts(['json', 'ktap', 'junit']);
/** What commands have whose results test systems read. */
const withTestFormats = (command: Command): Command => command.addOption(ktap()).addOption(junit()).addOption(github());
const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

const collect = (value: string, before: string[] = []): string[] => [...before, value];

/** What commands have that take the name of a kernel, which may be a tree. */
const withTrees = (command: Command): Command =>
  command
    .option('--config <name=y>', 'a Kconfig name of a tree: CONFIG_X=y or CONFIG_X=n', collect)
    .option('--clang <name>', "what compiles a tree: a program, or npm; the machine's Clang if not given");

withTrees(program.command('where'))
  .description(
    'tell all of one struct page: whose memmap it is, which leaf and entry map it, whose frame lies behind it',
  )
  .argument('<page>', 'an address in the vmemmap, or a frame number, also as "pfn:0x100000"')
  .argument('<file>', 'scenario (JSON, also .gz)')
  .option('--step <n>', 'after this step, counted from 1; after the last if not given')
  .option('--kernel <release>', 'run it on this release, whatever the scenario says')
  .addOption(json('where'))
  .addOption(output())
  .addHelpText(
    'after',
    examples('vmemmap where 0x100000 scenario.json', 'vmemmap where 0xffffea0004000000 scenario.json --step 2 --json'),
  )
  .action(async (page: string, file: string, options: WhereOptions) => {
    process.exitCode = (await import('./where.js')).where(page, file, options);
  });

program
  .command('scenario')
  .description('make a scenario of a QEMU command line: RAM by nodes, DIMMs, NVDIMMs, virtio-mem, monitor commands')
  .requiredOption('--qemu <file>', 'a file with the command line, or - for standard input')
  .option('--kernel <release>', 'the release that the guest runs')
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap scenario --qemu command-line.txt -o scenario.json',
      'ps -o args= -C qemu-kvm | vmemmap scenario --qemu -',
    ),
  )
  .action(async (options: ScenarioOptions) => {
    process.exitCode = (await import('./scenario.js')).scenario(options);
  });

program.hook('preAction', async (_program, command) => {
  (await import('./progress.js')).beginProgress(command.name());
  const { tableColumns, usePager } = await import('./terminal.js');
  usePager(program.opts<{ pager: boolean }>().pager);
  const options = command.opts<Record<string, unknown>>();
  (await import('../report/table.js')).fitTables(options['output'] === undefined ? tableColumns() : undefined);
  const isTree = (value: unknown): boolean => typeof value === 'string' && value.startsWith('tree:');
  if (Object.values(options).flat().some(isTree)) await (await import('./trees.js')).openTrees(options);
});

withTestFormats(withTrees(program.command('run')))
  .description('execute a scenario and print the state after each step')
  .argument('<file...>', 'scenarios (JSON, also .gz)')
  .addOption(json('run', 'runs', 'fail-each', 'events'))
  .option('--step <n>', 'print this step only, counted from 1')
  .option('--kernel <release>', 'run it on this release, whatever the scenario says')
  .addOption(
    new Option(
      '--fail-each',
      'run once for every allocation with this one failing, and print those that leave something behind',
    ).conflicts('step'),
  )
  .option('--watch', 'run again whenever a file changes, until it is interrupted')
  .addOption(
    new Option('--events', 'print what the kernel did, event by event, and which function did it').conflicts([
      'failEach',
      'ktap',
      'junit',
      'github',
    ]),
  )
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap run scenario.json',
      'vmemmap run scenario.json --step 3',
      'vmemmap run scenario.json --events --step 3',
      'vmemmap run scenario.json --kernel 5.12',
      'vmemmap run scenario.json --fail-each',
      'vmemmap run scenarios/*.json --github',
      'vmemmap run scenario.json --watch',
      'vmemmap run scenario.json --json | jq .findings',
    ),
  )
  .action(async (files: string[], options: RunOptions) => {
    process.exitCode = await (await import('./run.js')).run(files, options);
  });

withTestFormats(withTrees(program.command('verify')))
  .description('replay recorded vectors and booted kernels, and compare every field')
  .argument('<file...>', 'vectors, recorded kernels (.json, .gz), or folders of them')
  .addOption(json('verify'))
  .option('--kernel <release>', 'run the recordings of this release on it: on tree:PATH, on the code of that tree')
  .option('-q, --quiet', 'print the last line only')
  .option('-v, --verbose', 'print a line for every file')
  .addOption(output())
  .addHelpText(
    'after',
    examples('vmemmap verify test/vectors/x86_64.json.gz', 'vmemmap verify --json test/real-kernels'),
  )
  .action(async (files: string[], options: VerifyOptions) => {
    process.exitCode = await (await import('./verify.js')).verify(files, options);
  });

withTestFormats(withTrees(program.command('repro')))
  .description('list the catalogue of bugs, or play one on a release that has it beside one that has not')
  .argument('[name]', 'an entry, by its name or number')
  .option('--all', 'play every entry on every release and check that it is where the facts say')
  .option('--kernel <release>', 'the release to play it on; without a name the entries that it has are listed')
  .option('--arch <name>', 'list the entries of a machine: its architecture')
  .option('--page-size <bytes>', 'its PAGE_SIZE')
  .option('--mmu <name>', 'its MMU, where the architecture has two')
  .option('--struct-page <bytes>', 'its sizeof(struct page)')
  .option('--scenario <file>', 'write the entry as a scenario, for run, diff, report and qemu')
  .addOption(json('repro'))
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap repro',
      'vmemmap repro --kernel 6.1.50 --arch x86_64 --struct-page 64',
      'vmemmap repro tail-keeps-leaf',
      'vmemmap repro b10 --scenario b10.json && vmemmap qemu b10.json',
      'vmemmap repro b04 --json',
      'vmemmap repro --all --ktap',
    ),
  )
  .action(async (name: string | undefined, options: ReproOptions) => {
    process.exitCode = await (await import('./repro.js')).repro(name, options);
  });

withTestFormats(withTrees(program.command('validate')))
  .description(
    'audit altmap support: every architecture, page size, MMU, struct page size and shape of altmap, by release',
  )
  .option('--arch <name>', 'one architecture')
  .option('--page-size <size>', 'one page size: 4K, 16K, 64K')
  .option('--mmu <name>', 'which MMU, where the architecture has two')
  .option('--struct-page <bytes>', 'one size of struct page')
  .option('--shape <name>', 'one shape of altmap')
  .option('--kernel <release...>', 'these releases only')
  .addOption(json('validate'))
  .addOption(output())
  .option('--dir <folder>', 'write the smallest scenario of each kind of broken cell there')
  .addHelpText(
    'after',
    examples(
      'vmemmap validate',
      'vmemmap validate --arch x86_64 --kernel 6.12.117',
      'vmemmap validate --arch arm64 --page-size 4K --shape neighbour --dir broken',
      'vmemmap validate --kernel 7.3 --ktap',
    ),
  )
  .action(async (options: ValidateOptions) => {
    process.exitCode = await (await import('./validate.js')).validate(options);
  });

withTrees(program.command('test'))
  .description(
    'try a kernel, for CI: catalogue, altmap audit, exploration, difference to the nearest release; what nobody knew of fails',
  )
  .requiredOption('--kernel <release>', 'the kernel: tree:PATH, or a release')
  .option('--against <release>', "what it is compared with; a tree's nearest release if not given")
  .option('--arch <name>', 'machines of one architecture')
  .option('--page-size <size>', 'machines with pages of 4K, 16K, 64K')
  .option('--mmu <name>', 'machines with this MMU')
  .option('--struct-page <bytes>', 'machines with this size of struct page')
  .option('--part <name...>', 'catalogue, audit, exploration, difference; all if not given')
  .option('--depth <n>', 'steps of the longest sequence that is explored and compared', '3')
  .option('--sections <n>', 'neighbouring sections that come and go', '2')
  .addOption(json('test'))
  .addOption(new Option('--ktap', 'print the result as KTAP version 1').conflicts('json'))
  .option('--dir <folder>', 'write a scenario of each new failure there')
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap test --kernel tree:linux --arch x86_64 --ktap',
      'vmemmap test --kernel tree:linux-patched --against tree:linux --dir failures',
      'vmemmap test --kernel 6.12 --part catalogue audit',
    ),
  )
  .action(async (options: TestOptions) => {
    process.exitCode = (await import('./test.js')).test(options);
  });

withTrees(program.command('diff'))
  .description(
    'run a scenario on two releases: the first event where they part, and the states that differ; or search for where they part',
  )
  .argument('[file]', 'scenario (JSON, also .gz); without one, sequences are searched in which they part')
  .requiredOption('--from <release>', 'one release')
  .requiredOption('--to <release>', 'the other release')
  .option('--arch <name>', 'search machines of one architecture')
  .option('--page-size <size>', 'search machines with pages of 4K, 16K, 64K')
  .option('--mmu <name>', 'search machines with this MMU')
  .option('--struct-page <bytes>', 'search machines with this size of struct page')
  .option('--depth <n>', 'search sequences of up to so many steps', '3')
  .option('--sections <n>', 'search over so many neighbouring sections', '2')
  .option('--unit <unit...>', 'what comes and goes as one in a search: section, half, subsection', [
    'section',
    'half',
    'subsection',
  ])
  .option('--altmap <choice...>', 'who backs the memmap in a search: none, own, shared, reserve, tight', [
    'none',
    'own',
    'shared',
  ])
  .option('--memory <choice...>', 'what memory holds that becomes memmap: zero, 0xfd, entries, kept', ['zero'])
  .option('--fail', 'search with failing allocations, too')
  .addOption(json('diff', 'diff-search'))
  .addOption(output())
  .option('--dir <folder>', 'write the scenarios that a search finds there')
  .addHelpText(
    'after',
    examples(
      'vmemmap diff scenario.json --from 5.12 --to 5.13',
      'vmemmap diff --from 5.12 --to 5.13 --arch x86_64',
      'vmemmap diff --from tree:linux --to tree:linux-patched',
    ),
  )
  .action(async (file: string | undefined, options: DiffOptions & DiffSearchOptions) => {
    if (file === undefined) {
      process.exitCode = (await import('./diff-search.js')).diffSearch(options);
      return;
    }
    process.exitCode = (await import('./diff.js')).diff(file, options);
  });

withTrees(program.command('bisect'))
  .description('find the releases, and the commits in them, that change what becomes of a scenario')
  .argument('<file>', 'scenario (JSON, also .gz)')
  .requiredOption(
    '--expect <name>',
    'what should hold: an invariant such as no-leak, or an expectation such as add-succeeds',
  )
  .option('--from <release>', 'oldest release')
  .option('--to <release>', 'newest release')
  .addOption(json('bisect'))
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap bisect scenario.json --expect no-leak',
      'vmemmap bisect scenario.json --expect no-hole --from 5.3',
    ),
  )
  .action(async (file: string, options: BisectOptions) => {
    process.exitCode = (await import('./bisect.js')).bisectCommand(file, options);
  });

withTrees(program.command('dump'))
  .description(
    'print the vmemmap as kernel_page_tables of the architecture and release does, or compare it with such a file',
  )
  .argument('<file>', 'scenario (JSON, also .gz)')
  .addOption(new Option('--format <name>', 'form of the text').choices(['ptdump']).default('ptdump'))
  .option('--step <n>', 'the state after this step, counted from 1; after the last if not given')
  .option('--kernel <release>', 'run it on this release, whatever the scenario says')
  .option(
    '--backing',
    "add which frames lie behind each line, whose they are, and a leaf's bytes that are marked unused",
  )
  .addOption(
    new Option(
      '--compare <file>',
      'say where kernel_page_tables of a real machine differs; frames do not count',
    ).conflicts('backing'),
  )
  .addOption(json('dump', 'dump-compare'))
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap dump scenario.json --format ptdump',
      'vmemmap dump scenario.json --step 3 --backing',
      'vmemmap dump scenario.json --json | jq .leaves',
      'vmemmap dump scenario.json --compare kernel_page_tables.txt',
    ),
  )
  .action(async (file: string, options: DumpOptions) => {
    process.exitCode = (await import('./dump.js')).dump(file, options);
  });

withTrees(program.command('report'))
  .description('write a page that shows scenarios event by event: one file that needs no network')
  .argument('[file...]', 'scenarios (JSON, also .gz)')
  .option('--kernel <release>', 'run them on this release; once more for a second kernel beside it', collect)
  .option('--bug <name>', 'an entry of the catalogue, on a release that has it beside one that has not', collect)
  .option('--explored <file>', 'what explore --json printed: each violation that it found', collect)
  .option('--cpu <name>', 'CPU whose cycles are told (see vmemmap cpu)')
  .option('--no-cycles', 'leave out the modelled cycles of each step')
  .addOption(json('report'))
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap report scenario.json -o report.html',
      'vmemmap report scenario.json --kernel 5.12 --kernel 5.13 -o report.html',
      'vmemmap report --bug tail-keeps-leaf -o report.html',
      'vmemmap explore --arch x86_64 --depth 3 --json -o found.json; vmemmap report --explored found.json -o report.html',
      'vmemmap report x86.json arm64.json -o report.html',
    ),
  )
  .action(async (files: string[], options: ReportOptions) => {
    process.exitCode = (await import('./report.js')).report(files, options);
  });

program
  .command('serve')
  .description('open the playground: the emulator in a page, on this machine only')
  .option('--port <n>', 'port of the loopback address; a free one if not given')
  .addHelpText('after', examples('vmemmap serve', 'vmemmap serve --port 8080'))
  .action(async (options: ServeOptions) => {
    process.exitCode = await (await import('./serve.js')).serve(options);
  });

withTrees(program.command('qemu'))
  .description(
    'print how to confirm a scenario on a booted kernel: QEMU, monitor and guest commands, and what to look at',
  )
  .argument('<file>', 'scenario (JSON, also .gz)')
  .option('--kernel <release>', 'for this release, whatever the scenario says')
  .option('--scenario <file>', 'write what the guest does as a scenario, for run and dump --compare')
  .addOption(json('qemu'))
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap qemu scenario.json',
      'vmemmap qemu scenario.json --scenario guest.json',
      'vmemmap qemu scenario.json --json | jq -r .qemu',
    ),
  )
  .action(async (file: string, options: QemuOptions) => {
    process.exitCode = (await import('./qemu.js')).qemu(file, options);
  });

withTestFormats(withTrees(program.command('explore')))
  .description('try every sequence of adds, removes and uses, and find the shortest that breaks an invariant, by kind')
  .option('--arch <name>', 'architecture')
  .option('--kernel <release>', 'release')
  .option('--page-size <size>', '4K, 16K, 64K')
  .option('--mmu <name>', 'which MMU, where the architecture has two')
  .option('--struct-page <bytes>', 'size of struct page')
  .option('--sections <n>', 'neighbouring sections', '2')
  .option('--depth <n>', 'steps of the longest sequence', '5')
  .option('--unit <unit...>', 'what comes and goes as one: section, half, subsection, block', ['section'])
  .option('--altmap <choice...>', 'who backs the memmap: none, own, shared, reserve, tight', ['none'])
  .option('--memory <choice...>', 'what memory holds that becomes memmap: zero, 0xfd, entries, kept', ['zero'])
  .option('--start <address>', 'where the explored memory begins, bytes, as 4G')
  .option('--section-size <size>', 'what is cut into ranges, if not a section of the machine')
  .option('--compound <size>', 'sections are devices with compound pages of this size')
  .option('--expect <name...>', 'what is asked besides the invariants (see vmemmap bisect)')
  .option('--between-writes', 'ask after every write of an entry: no hole for a moment, and the rules of the manual')
  .addOption(
    new Option(
      '--stale <when>',
      'ask that no page is freed, or handed out again, while a translation to it may be held',
    ).choices(['free', 'reuse']),
  )
  .option(
    '--fail',
    'allocations of an add fail, alone and with all behind, and places that may fail with a memory block',
  )
  .option('--workers <n>', 'threads', '1')
  .option('--shard <i/n>', 'explore one part of n, to be saved and merged')
  .option('--max-states <n>', 'end when so many states were visited')
  .option('--max-memory <size>', 'end when states take so much memory, as 512M or 4G')
  .option('--time <seconds>', 'end after so many seconds')
  .option('--seed <n>', 'go on with random longer sequences until the time is over')
  .option('--save <file>', 'write down how far it came, also when it is interrupted')
  .addOption(
    new Option('--resume <file>', 'go on with what was saved; the file says what is explored').conflicts(EXPLORED),
  )
  .addOption(json('explore'))
  .addOption(output())
  .option('--dir <folder>', 'write the shortest scenario of each kind of violation there')
  .addHelpText(
    'after',
    examples(
      'vmemmap explore --arch x86_64 --kernel 5.12 --struct-page 56',
      'vmemmap explore --arch x86_64 --struct-page 80 --unit section subsection --altmap none own --depth 3 --dir found',
      'vmemmap explore --arch arm64 --page-size 64K --sections 1 --unit subsection',
      'vmemmap explore --arch x86_64 --kernel 6.19 --fail --seed 1 --time 60 --json',
      'vmemmap explore --arch x86_64 --sections 4 --altmap none own --depth 9 --workers 2 --time 600 --save x86.vmx',
      'vmemmap explore --resume x86.vmx --workers 2 --save x86.vmx',
    ),
  )
  .action(async (options: ExploreCommand) => {
    process.exitCode = await (await import('./explore.js')).exploreCommand(options);
  });

program
  .command('merge')
  .description('put the shards of an exploration together: what one machine would have found')
  .argument('<file...>', 'what vmemmap explore --shard i/n --save wrote, of every shard')
  .addOption(json('explore'))
  .addOption(output())
  .option('--dir <folder>', 'write the shortest scenario of each kind of violation there')
  .addHelpText('after', examples('vmemmap merge shard-*.vmx', 'vmemmap merge shard-*.vmx --json'))
  .action(async (files: string[], options: MergeOptions) => {
    process.exitCode = (await import('./merge.js')).merge(files, options);
  });

program
  .command('story')
  .description('tell the partial-PMD story step by step, then replay a booted kernel')
  .addHelpText('after', examples('vmemmap story'))
  .action(async () => {
    process.exitCode = (await import('./story.js')).story();
  });

const withClock = (command: Command): Command =>
  command
    .option('--cpu <name|file>', 'CPU to model (see vmemmap cpu), or a file of vmemmap cpu --measure')
    .option('--cpus <n>', 'CPUs of the machine, which a flush has to reach')
    .option('--together <n>', 'CPUs that initialise struct pages at once, where the CPU has a figure for it')
    .option('--hypervisor <name>', 'what runs below the kernel: none, powervm, kvm')
    .option('--node-distance <n>', 'memory is added to a node at this distance, as numactl -H prints it (needs --cpu)')
    .option(
      '--nested <leaf>',
      'the kernel runs under nested paging: 4K, 2M or 1G, leaves of the second stage (needs --cpu)',
    )
    .option('--folded', 'print folded stacks of kernel functions, for flame graphs')
    .option('--trace', 'print Chrome trace events, for Perfetto')
    .option('--funcgraph', 'print calls as the function_graph tracer does');

withClock(
  withTrees(program.command('cycles'))
    .description('execute a scenario with the clock on: modelled cycles by step, cause and kernel function')
    .argument('<file>', 'scenario (JSON, also .gz)')
    .option('--kernel <release>', 'run it on this release, whatever the scenario says'),
)
  .addOption(json('cycles'))
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap cycles scenario.json',
      'vmemmap cycles scenario.json --cpu milan-7763 --cpus 256',
      'vmemmap cycles scenario.json --trace -o trace.json',
    ),
  )
  .action(async (file: string, options: CyclesOptions) => {
    process.exitCode = (await import('./cycles.js')).cycles(file, options);
  });

withClock(
  program
    .command('bench')
    .description('modelled cycles of the populate and free paths; without a suite, all of them')
    .argument('[suite...]', 'populate, free, cycle, altmap, partial-pmd, subsection, compound, struct-page, …'),
)
  .option('--arch <name>', 'cases of one architecture')
  .option('--kernel <release>', 'release to run')
  .option('--filter <text>', 'cases whose name contains the text')
  .addOption(json('bench', 'bench-comparison', 'bench-wall', 'bench-validation', 'bench-measured'))
  .option('--csv', 'print comma-separated values')
  .option('--compare <file>', 'compare with an earlier result of --json; ends with 1 when a case became slower')
  .option('--threshold <percent>', 'what counts as slower', '0')
  .option('--range', 'add the cycles with every figure at the cheap and at the dear end of its range')
  .option('--svg', 'draw cost by block size and by struct page size, and overhead by memory, into the folder of --dir')
  .option('--dir <folder>', 'with --svg: the folder for the plots')
  .option('--wall', 'measure the emulator itself, with the clock off and on')
  .option('--validation', 'print predictions beside published measurements')
  .option('--measured <file>', 'with --validation: beside the measured costs in a file, by their ids')
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap bench',
      'vmemmap bench populate free --arch arm64',
      'vmemmap bench cpu --csv -o cpus.csv',
      'vmemmap bench cycle --filter "PMD leaves" --funcgraph',
      'vmemmap bench --compare old.json --threshold 2',
      'vmemmap bench cpu --range',
      'vmemmap bench --svg --dir plots --arch x86_64',
      'vmemmap bench cycle --wall',
    ),
  )
  .action(async (suites: string[], options: BenchOptions) => {
    process.exitCode = await (await import('./bench.js')).bench(suites, options);
  });

withTrees(program.command('plan'))
  .description(
    'what the memmap of a machine takes, and whether its memory blocks can hold it: this machine, or lists of another',
  )
  .option('--lsmem <file>', 'what `lsmem --json` printed')
  .option('--iomem <file>', '/proc/iomem, read by root')
  .option('--ndctl <file>', 'what `ndctl list -N` printed')
  .option('--daxctl <file>', 'what `daxctl list -M` printed')
  .option('--vmcoreinfo <file>', 'VMCOREINFO text, which states sizeof(struct page)')
  .option('--arch <name>', 'architecture of the lists, where they do not tell it')
  .option('--mmu <name>', 'which MMU, where the architecture has two')
  .option('--kernel <release>', "release or proposal to ask about; the machine's own if not given")
  .option('--page-size <bytes>', 'PAGE_SIZE')
  .option('--struct-page <bytes>', 'sizeof(struct page)')
  .option('--block-size <bytes>', 'memory_block_size_bytes()')
  .addOption(new Option('--memmap-on-memory <value>', 'memory_hotplug.memmap_on_memory').choices(['n', 'y', 'force']))
  .addOption(json('plan'))
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'sudo vmemmap plan',
      'vmemmap plan --lsmem lsmem.json --iomem iomem.txt --vmcoreinfo vmcoreinfo.txt',
      'vmemmap plan --lsmem lsmem.json --struct-page 80 --kernel 6.6',
      'vmemmap plan --lsmem lsmem.json --arch ppc64 --page-size 64K --block-size 256M --json',
    ),
  )
  .action(async (options: PlanOptions) => {
    process.exitCode = (await import('./plan.js')).plan(options);
  });

program
  .command('arch')
  .description('list the architectures: configurations, geometry, section sizes, ground truth')
  .argument('[name]', 'one architecture')
  .addOption(json('arch'))
  .addHelpText('after', examples('vmemmap arch', 'vmemmap arch x86_64 --json'))
  .action(async (name: string | undefined, options: { json?: true }) => {
    process.exitCode = (await import('./arch.js')).arch(name, options);
  });

withTrees(program.command('kernel'))
  .description('list the releases and the traits in which they differ')
  .argument(
    '[name...]',
    'one release, two to print their difference, or a trait to print the shortest scenario that shows it',
  )
  .option('--unproved', 'the traits that rest on memory or inference alone')
  .addOption(
    new Option(
      '--proved',
      'how each release is known by architecture: recorded, booted, bracketed, or derived',
    ).conflicts('unproved'),
  )
  .addOption(json('kernel', 'kernel-trait', 'kernel-difference', 'kernel-unproved', 'kernel-proved'))
  .addHelpText(
    'after',
    examples(
      'vmemmap kernel',
      'vmemmap kernel 5.16',
      'vmemmap kernel 5.12 5.13',
      'vmemmap kernel x86/deferred-tail',
      'vmemmap kernel --unproved',
    ),
  )
  .action(async (releases: string[], options: KernelOptions) => {
    process.exitCode = (await import('./kernel.js')).kernel(releases, options);
  });

program
  .command('cpu')
  .description('list the CPUs whose costs are modelled, or every figure of one with its source and confidence')
  .argument('[name]', 'one CPU')
  .option('--measure', 'measure this machine (x64), and print a profile that --cpu takes')
  .option('--seconds <n>', 'how long to measure', '60')
  .addOption(json('cpu'))
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap cpu',
      'vmemmap cpu altra-q80',
      'vmemmap cpu altra-q80 --json',
      'vmemmap cpu --measure -o mine.json && vmemmap cycles scenario.json --cpu mine.json',
    ),
  )
  .action(async (name: string | undefined, options: CpuOptions) => {
    process.exitCode = (await import('./cpu.js')).cpu(name, options);
  });

program
  .command('schema')
  .description('print the JSON Schema of a scenario, or of what a command prints with --json')
  .argument('[name]', 'scenario, or what a command names behind --json in its help', 'scenario')
  .addOption(output())
  .option('--dir <folder>', 'write all of them there')
  .addHelpText(
    'after',
    examples('vmemmap schema > scenario.schema.json', 'vmemmap schema run', 'vmemmap schema --dir schemas'),
  )
  .action(async (name: string, options: SchemaOptions) => {
    process.exitCode = (await import('./schema.js')).schema(name, options);
  });

program
  .command('completion')
  .description('print what completes command lines in a shell')
  .argument('<shell>', 'bash, zsh or fish')
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap completion bash > ~/.local/share/bash-completion/completions/vmemmap',
      'vmemmap completion zsh > ~/.zfunc/_vmemmap',
      'vmemmap completion fish > ~/.config/fish/completions/vmemmap.fish',
    ),
  )
  .action(async (shell: string, options: { output?: string }) => {
    process.exitCode = (await import('./completion.js')).completion(program, shell, options);
  });

program
  .command('man')
  .description('print a page of the manual')
  .argument('[command]', 'the command that it is about; the page of all if not given')
  .addOption(output())
  .option('--dir <folder>', 'write all pages there')
  .addHelpText('after', examples('vmemmap man run | man -l -', 'vmemmap man --dir ~/.local/share/man/man1'))
  .action(async (command: string | undefined, options: ManOptions) => {
    process.exitCode = (await import('./man.js')).man(program, command, options);
  });

/** A user's mistake is a sentence, and exit code 2. @throws what is none */
async function explain(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  const { InputError } = await import('../scenario/load.js');
  const { ScenarioError } = await import('../kernel/scenario-error.js');
  if (!(error instanceof InputError || error instanceof ScenarioError)) throw error;
  const { tellMistake } = await import('./mistake.js');
  tellMistake(error);
  return EXIT_USAGE;
}

/**
 * Runs the command of a command line, and leaves what a shell learns of it in `process.exitCode`.
 * @param argv the words behind the program's name
 * @throws what is a defect of this program
 */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv.length === 0) {
    program.outputHelp();
    return;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    process.exitCode = await explain(error);
  }
}
