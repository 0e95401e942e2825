// SPDX-License-Identifier: GPL-2.0-only

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { BugHere, ExploreProgress, Offer } from '../emulator/protocol.js';
import type { Draft, Scenario } from './address.js';
import { Stopped, type Emulator } from './emulator.js';
import { Copy, copyText } from './links.js';
import type { Tool, ToolName } from './plug.js';
import type { Session } from './session.js';
import { Editor } from './editor.js';

/** The machine, and what a click on a section does to it. */

interface PlaygroundProps {
  offer: Offer;
  emulator: Emulator;
  draft: Draft;
  tool: Tool;
  session: Session;
  onTool: (tool: Tool) => void;
  onDraft: (draft: Draft) => void;
  onUndo: () => void;
  onToast: (text: string) => void;
  /** Shows an entry of the catalogue on kernels. */
  onBug: (name: string, kernels: readonly string[]) => void;
  /** What was made of what was loaded; empty where nothing was. */
  note: string;
}

const TOOLS: readonly [ToolName, string][] = [
  ['section', 'section'],
  ['subsection', '2 MiB of it'],
  ['block', 'memory block'],
  ['dimm', 'DIMM 256 MiB'],
  ['device', 'device with altmap'],
];
const NOTHING = 'nothing';
const MIB = 2 ** 20;
const BLOCK_SIZES = [128, 256, 512, 1024, 2048];

/** What comes and goes as one where a world is explored. */
const EXPLORED_UNITS = ['section', 'half', 'subsection'];

type Machine = Scenario['machine'];

/** A field of a scenario as text. */
const textOf = (value: unknown, usual: string): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : usual;

/** Whether a machine says what a configuration says. */
const isOf = (machine: Machine, offered: Record<string, unknown>): boolean =>
  Object.entries(offered).every(([field, value]) => machine[field] === value);

export function Playground(props: PlaygroundProps) {
  const { offer, draft, tool, session, note, onTool, onDraft, onUndo, onToast } = props;
  const { file, kernels } = draft;
  const { machine } = file;
  const [open, setOpen] = useState<'none' | 'text' | 'explore' | 'bugs'>('none');
  const architecture = offer.architectures.find(({ name }) => name === machine.arch) ?? offer.architectures[0]!;
  const configuration = architecture.configurations.findIndex((offered) => isOf(machine, offered.machine));
  const withMachine = (next: Machine): void => onDraft({ ...draft, file: { ...file, machine: next } });
  const setField = (field: string, value: unknown): void => {
    const others = Object.entries(machine).filter(([name]) => name !== field);
    withMachine({
      arch: machine.arch,
      ...Object.fromEntries(value === undefined ? others : [...others, [field, value]]),
    });
  };
  const kept = { memmapOnMemory: machine['memmapOnMemory'], structPageSize: machine['structPageSize'] };
  const setConfiguration = (at: number): void => {
    const { structPageSize, memmapOnMemory } = kept;
    withMachine({
      arch: machine.arch,
      ...architecture.configurations[at]!.machine,
      ...(structPageSize === undefined ? {} : { structPageSize }),
      ...(memmapOnMemory === undefined ? {} : { memmapOnMemory }),
    });
  };
  const toolButton = (what: ToolName, label: string) => (
    <button key={what} type="button" aria-pressed={tool.what === what} onClick={() => onTool({ ...tool, what })}>
      {label}
    </button>
  );
  const kernel = kernels[0] ?? offer.defaultKernel;
  const commands = [
    `vmemmap run scenario.json --kernel ${kernel}`,
    `vmemmap qemu scenario.json --kernel ${kernel}`,
    'vmemmap bisect scenario.json',
  ];
  const text = JSON.stringify(file, null, 2);
  const bugs = useBugsHere(props.emulator, machine, kernel);
  const shown = bugs?.filter(({ structPageSizes }) => structPageSizes.length === 0).length;
  return (
    <div class="playground">
      <div class="machine" role="group" aria-label="machine">
        <Choice
          label="architecture"
          value={machine.arch}
          options={offer.architectures.map(({ name }) => [name, name])}
          onChange={(arch) => onDraft({ ...draft, file: { ...file, machine: { arch } } })}
        />
        {architecture.configurations.length > 1 && (
          <Choice
            label="configuration"
            value={String(Math.max(0, configuration))}
            options={architecture.configurations.map(({ title }, i) => [String(i), title])}
            onChange={(at) => setConfiguration(Number(at))}
          />
        )}
        <Choice
          label="kernel"
          value={kernels[0] ?? offer.defaultKernel}
          options={offer.kernels.map((name) => [name, name])}
          onChange={(kernel) => onDraft({ ...draft, kernels: [kernel, ...kernels.slice(1)] })}
        />
        <Choice
          label="beside"
          value={kernels[1] ?? NOTHING}
          options={[NOTHING, ...offer.kernels].map((name) => [name, name])}
          onChange={(kernel) =>
            onDraft({ ...draft, kernels: [kernels[0] ?? offer.defaultKernel, ...(kernel === NOTHING ? [] : [kernel])] })
          }
        />
        <Choice
          label="sizeof(struct page)"
          value={textOf(machine['structPageSize'], '64')}
          options={architecture.structPageSizes.map((bytes) => [String(bytes), String(bytes)])}
          onChange={(bytes) => setField('structPageSize', Number(bytes))}
        />
        <Choice
          label="memory block"
          value={textOf(machine['blockSize'], '')}
          options={[['', 'usual'], ...BLOCK_SIZES.map((mib): [string, string] => [String(mib * MIB), `${mib} MiB`])]}
          onChange={(bytes) => setField('blockSize', bytes === '' ? undefined : Number(bytes))}
        />
        <Choice
          label="memmap_on_memory"
          value={textOf(machine['memmapOnMemory'], 'n')}
          options={[
            ['n', 'n'],
            ['y', 'y'],
            ['force', 'force'],
          ]}
          onChange={(mode) => setField('memmapOnMemory', mode === 'n' ? undefined : mode)}
        />
      </div>
      {note !== '' && <p class="muted note">{note}</p>}
      <div class="tools" role="toolbar" aria-label="what a click on a section does">
        <span class="caption">click a section to plug or unplug a</span>
        {TOOLS.map(([what, label]) => toolButton(what, label))}
        <span class="caption">to set it</span>
        {toolButton('online', 'online')}
        {toolButton('offline', 'offline')}
        <button type="button" aria-pressed={tool.fails} onClick={() => onTool({ ...tool, fails: !tool.fails })}>
          next allocation fails
        </button>
        <button type="button" title="Backspace" onClick={onUndo}>
          undo
        </button>
        <button
          type="button"
          aria-expanded={open === 'text'}
          onClick={() => setOpen(open === 'text' ? 'none' : 'text')}
        >
          as text
        </button>
        <button
          type="button"
          aria-expanded={open === 'explore'}
          onClick={() => setOpen(open === 'explore' ? 'none' : 'explore')}
        >
          explore
        </button>
        <button
          type="button"
          aria-expanded={open === 'bugs'}
          disabled={bugs === undefined}
          onClick={() => setOpen(open === 'bugs' ? 'none' : 'bugs')}
        >
          {shown === undefined ? 'known bugs here' : shown === 1 ? '1 known bug here' : `${shown} known bugs here`}
        </button>
      </div>
      {open === 'text' && (
        <div class="as-text">
          <Editor
            text={text}
            schema={offer.schema}
            emulator={props.emulator}
            onFile={(next) => onDraft({ ...draft, file: next })}
          />
          <p class="row">
            <button
              type="button"
              onClick={() =>
                void copyText(text).then((isCopied) =>
                  onToast(isCopied ? 'scenario copied' : 'the browser forbids copying'),
                )
              }
            >
              Copy scenario
            </button>
            <button type="button" onClick={() => save(text)}>
              Save as scenario
            </button>
          </p>
          {commands.map((command) => (
            <p key={command}>
              <code>{command}</code> <Copy text={command} />
            </p>
          ))}
        </div>
      )}
      {open === 'bugs' && bugs !== undefined && (
        <BugList bugs={bugs} kernel={kernel} structPage={textOf(machine['structPageSize'], '64')} onBug={props.onBug} />
      )}
      {open === 'explore' && <Explore {...props} session={session} />}
    </div>
  );
}

/** A machine stays as it is for so long before its bugs are looked for, ms. */
const SETTLED = 200;

/** The bugs that a machine has; undefined as long as nobody knows. */
function useBugsHere(emulator: Emulator, machine: Machine, kernel: string): BugHere[] | undefined {
  const [found, setFound] = useState<BugHere[] | undefined>();
  const key = JSON.stringify(machine);
  useEffect(() => {
    setFound(undefined);
    let isWanted = true;
    const ask = (): void => {
      if (!isWanted) return;
      emulator.ask('here', { machine, kernel }).then(
        (bugs) => isWanted && setFound(bugs),
        // Whoever stops a run wants his list all the same. A machine that there is not is complained of where it runs.
        (error: unknown) => error instanceof Stopped && ask(),
      );
    };
    const timer = setTimeout(ask, SETTLED);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [emulator, key, kernel]);
  return found;
}

/** The bugs that the machine has, each to be shown on its kernel beside the one that ends it. */
function BugList({
  bugs,
  kernel,
  structPage,
  onBug,
}: {
  bugs: readonly BugHere[];
  kernel: string;
  structPage: string;
  onBug: PlaygroundProps['onBug'];
}) {
  const show = bugs.filter(({ structPageSizes }) => structPageSizes.length === 0);
  const others = bugs.filter((bug) => !show.includes(bug));
  const lines = (group: readonly BugHere[]) =>
    group.map(({ id, name, title, endedBy, structPageSizes }) => (
      <button
        key={name}
        type="button"
        class="entry-line"
        data-bug={name}
        onClick={() => onBug(name, endedBy === null ? [kernel] : [kernel, endedBy])}
      >
        <b>{id}</b>
        <code>{endedBy === null ? 'open' : `ends in ${endedBy}`}</code>
        <span class="entry-title">
          {title}
          {structPageSizes.length > 0 && <span class="muted"> struct page of {structPageSizes.join(', ')} bytes</span>}
        </span>
      </button>
    ));
  return (
    <div class="catalogue" role="group" aria-label="known bugs here">
      {show.length === 0 && <p class="muted">None of the catalogue shows on {kernel} with this machine.</p>}
      {lines(show)}
      {others.length > 0 && (
        <h3>
          In {kernel} too, and not to be seen with a struct page of {structPage} bytes
        </h3>
      )}
      {lines(others)}
    </div>
  );
}

function Choice({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}) {
  const has = options.some(([option]) => option === value);
  return (
    <label>
      {label}
      <select aria-label={label} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {!has && <option value={value}>{value}</option>}
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Gives the scenario as a file. */
function save(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = Object.assign(document.createElement('a'), { href: url, download: 'scenario.json' });
  link.click();
  URL.revokeObjectURL(url);
}

/** Every sequence of a few steps on the machine, in the background. */
function Explore({ draft, emulator, onDraft }: PlaygroundProps) {
  const [sections, setSections] = useState(2);
  const [depth, setDepth] = useState(5);
  const [unit, setUnit] = useState('section');
  const [progress, setProgress] = useState<ExploreProgress | undefined>();
  const [complaint, setComplaint] = useState('');
  const own = useRef<Emulator | undefined>(undefined);
  const stop = (): void => own.current?.stop();
  useLayoutEffect(() => stop, []);
  const start = (): void => {
    // It has a worker of its own: clicks are answered while it goes on.
    const running = emulator.another();
    own.current = running;
    setComplaint('');
    setProgress({ states: 0, depth: 0, found: [], ended: undefined });
    running
      .ask('explore', { file: draft.file, kernel: draft.kernels[0] ?? '', sections, unit, depth }, setProgress)
      .then(setProgress, (error: unknown) => {
        if (error instanceof Stopped) setProgress((now) => now && { ...now, ended: 'stopped' });
        else {
          setProgress(undefined);
          setComplaint(error instanceof Error ? error.message : String(error));
        }
      })
      .finally(() => running.stop());
  };
  const isOn = progress !== undefined && progress.ended === undefined;
  return (
    <div class="explore" role="group" aria-label="explore">
      <p class="row">
        Every sequence of adding, using and removing
        <label>
          a
          <select aria-label="unit" value={unit} onChange={({ currentTarget }) => setUnit(currentTarget.value)}>
            {EXPLORED_UNITS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          sections
          <select
            aria-label="sections"
            value={sections}
            onChange={({ currentTarget }) => setSections(Number(currentTarget.value))}
          >
            {[2, 3, 4].map((count) => (
              <option key={count}>{count}</option>
            ))}
          </select>
        </label>
        <label>
          steps
          <select
            aria-label="steps"
            value={depth}
            onChange={({ currentTarget }) => setDepth(Number(currentTarget.value))}
          >
            {[3, 4, 5, 6, 7, 8].map((count) => (
              <option key={count}>{count}</option>
            ))}
          </select>
        </label>
        {isOn ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="button" onClick={start}>
            Start
          </button>
        )}
        <span class="muted" aria-live="polite">
          {progress !== undefined &&
            `${progress.states} states, depth ${progress.depth}, ${progress.found.length} kinds of violation${progress.ended === undefined ? ' …' : `; ${progress.ended}`}`}
        </span>
      </p>
      <p role="alert" class="bad">
        {complaint}
      </p>
      <ul>
        {progress?.found.map(({ invariant, text, length, file }, i) => (
          <li key={i}>
            <button type="button" class="link" onClick={() => onDraft({ ...draft, file: file as Scenario })}>
              {invariant}, {length} steps
            </button>
            : <span class="muted">{text}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
