// SPDX-License-Identifier: GPL-2.0-only

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ReportDocument } from '../document.js';
import type { Offer, ReportPart } from '../emulator/protocol.js';
import { packed, readHash, writeHash, type Draft, type Shown } from './address.js';
import { Axis, touched, type View } from './axis.js';
import { Bar } from './bar.js';
import { Catalogue } from './catalogue.js';
import { KeyHelp, keyHandler } from './keys.js';
import { copyText } from './links.js';
import { Refused, Stopped, type Emulator } from './emulator.js';
import { LoadDialog } from './load-dialog.js';
import type { Chosen } from './picture.js';
import { Playground } from './playground.js';
import { clickSection, EMPTY_DRAFT, windowOf, type Tool } from './plug.js';
import {
  completed,
  NOTHING_MISSING,
  overlaps,
  samePlace,
  sessionOf,
  START,
  subjectsOf,
  type Missing,
  type Position,
  type Session,
  type Subject,
} from './session.js';
import { toggleTheme } from './theme.js';
import { stepBack, stepOn } from './transport.js';
import { Viewer } from './viewer.js';

/** The page: a report to look at, or a scenario to play with, and what both have in common. */

/** Whether this page was built with what only the playground has. */
declare const HAS_PLAYGROUND: boolean;

interface AppProps {
  /** What the page was made for; null for the playground. */
  document: ReportDocument | null;
  emulator: Emulator | undefined;
}

/** What is shown, and where it came from. */
interface Showing {
  readonly document: ReportDocument;
  readonly subject: Subject;
  /** Places of runs among the subject's. */
  readonly lanes: readonly number[];
  readonly missing: Missing;
  readonly bug?: string | undefined;
}

/** How runs are shown that nobody wants to see at some place. */
interface Manner {
  readonly opening: (session: Session) => Position;
  readonly bug?: string | undefined;
  /** Some of the runs are shown already. */
  readonly isMore?: boolean;
}

const asReport: Manner = { opening: (session) => session.opening() };
/** A click shows what it did: the finding that it brought, or the end. */
const asClick: Manner = { opening: (session) => session.afterLastStep() };

const LANES = 2;
/** Whether an answer is to come; a reader is told of one that takes long, and what is shown stays meanwhile. */
type Waiting = 'for nothing' | 'for an answer' | 'for long';

/** What the report shows where nobody chose. */
const FIRST_BUG = 'tail-keeps-leaf';
/** A run that takes longer is told of, milliseconds. */
const PATIENCE = 1000;
/** A remark stays for so long, milliseconds. */
const TOAST = 1800;
/** What is shown for so long goes into the address, ms: writing it costs as much as drawing. */
const SETTLED = 50;
/** Least bytes that a zoom shows. */
const CLOSEST = 16384;
/** A machine is large if it has so many times the sections that can be plugged. */
const LARGE = 4;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Lanes of a subject by the names of their kernels; the first ones where none are named. */
function lanesOf(document: ReportDocument, subject: Subject, kernels: readonly string[] = []): number[] {
  const named = kernels.flatMap((kernel) => {
    const at = subject.runs.findIndex((run) => document.runs[run]!.kernel === kernel);
    return at < 0 ? [] : [at];
  });
  const others = subject.runs.flatMap((_, i) => (named.includes(i) ? [] : [i]));
  return [...named, ...others].slice(0, LANES).sort((a, b) => (named.length === LANES ? 0 : a - b));
}

/** The scenario of a run, to play on with. */
const draftOf = ({ document, subject, lanes }: Showing): Draft => ({
  file: document.runs[subject.runs[0]!]!.scenario as Draft['file'],
  kernels: lanes.map((lane) => document.runs[subject.runs[lane]!]!.kernel),
});

export function App({ document: own, emulator }: AppProps) {
  const [offer, setOffer] = useState<Offer | undefined>();
  const [mode, setMode] = useState<'report' | 'play'>(own === null ? 'play' : 'report');
  const [showing, setShowing] = useState<Showing | undefined>();
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const [past, setPast] = useState<readonly Draft[]>([]);
  const [complaint, setComplaint] = useState<{ message: string; path: readonly (string | number)[] } | undefined>();
  const [waiting, setWaiting] = useState<Waiting>('for nothing');
  const [position, setPosition] = useState<Position>(START);
  const [selected, setSelected] = useState<Chosen>(null);
  const [zoom, setZoom] = useState<View | null>(null);
  const [dialog, setDialog] = useState<'catalogue' | 'load' | 'keys' | undefined>();
  const [toast, setToast] = useState('');
  /** What was made of what was loaded. */
  const [note, setNote] = useState('');
  const [tool, setTool] = useState<Tool>({ what: 'section', fails: false });
  /** What was asked for last: an answer to anything before comes too late. */
  const asked = useRef(0);
  /** Some of it is shown already. */
  const isPartShown = useRef(false);
  const patience = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const toasting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const lastBug = useRef(FIRST_BUG);
  const shownAt = useRef<Shown>({});

  const tell = useCallback((text: string): void => {
    setToast(text);
    clearTimeout(toasting.current);
    toasting.current = setTimeout(() => setToast(''), TOAST);
  }, []);

  /** From now on there is an answer to wait for, and no other. */
  const begin = useCallback((): number => {
    clearTimeout(patience.current);
    patience.current = setTimeout(() => setWaiting('for long'), PATIENCE);
    setWaiting((now) => (now === 'for nothing' ? 'for an answer' : now));
    isPartShown.current = false;
    return ++asked.current;
  }, []);
  const settle = useCallback((): void => {
    clearTimeout(patience.current);
    setWaiting('for nothing');
  }, []);
  /** Nobody wants what was asked for any more: something else is shown. */
  const forget = useCallback((): void => {
    asked.current++;
    settle();
  }, [settle]);

  const session = useMemo(
    (): Session | undefined =>
      showing &&
      sessionOf(
        showing.document,
        showing.lanes.map((lane) => showing.subject.runs[lane]!),
        showing.missing,
      ),
    [showing],
  );
  const latest = useRef({ session, position });
  latest.current = { session, position };
  /** Where the page went by itself; undefined where a reader chose. */
  const led = useRef<Position | undefined>(START);

  /** Shows runs: at the place that is asked for, or where a reader begins, or where he went while another kernel was running. */
  const show = useCallback(
    ({ document, ...missing }: ReportPart, wanted: Shown, { opening, bug, isMore }: Manner): void => {
      const subjects = subjectsOf(document);
      const subject = subjects.find(({ name }) => name === wanted.subject) ?? subjects[0];
      if (subject === undefined) return;
      const lanes = lanesOf(document, subject, wanted.kernels);
      const next = sessionOf(
        document,
        lanes.map((lane) => subject.runs[lane]!),
        missing,
      );
      const before = latest.current;
      const hasGone =
        isMore === true &&
        before.session !== undefined &&
        (led.current === undefined || !samePlace(before.position, led.current));
      const place = hasGone
        ? next.placeOf(before.session!, before.position)
        : wanted.step === undefined
          ? opening(next)
          : next.nearest(wanted.step - 1, wanted.event === undefined ? Infinity : wanted.event - 1);
      setShowing({ document, subject, lanes, missing, bug });
      led.current = hasGone ? undefined : place;
      setPosition(place);
      if (isMore !== true) setSelected(wanted.at === undefined ? null : [...wanted.at]);
      setZoom(null);
      setComplaint(undefined);
    },
    [],
  );

  /** Says why there is no answer, where there is somebody to be told. */
  const complain = useCallback((error: unknown): void => {
    setShowing((now) => now && { ...now, missing: NOTHING_MISSING });
    if (error instanceof Stopped) return;
    setComplaint({ message: messageOf(error), path: error instanceof Refused ? error.path : [] });
  }, []);

  /**
   * Goes on with what was asked for, unless something else was asked for meanwhile.
   * @param start asks for it; whether it is wanted still is told to what comes before the answer
   */
  const goOn = useCallback(
    async <T,>(start: (isWanted: () => boolean) => Promise<T>, how: (answer: T) => void): Promise<void> => {
      const mine = begin();
      const isWanted = (): boolean => mine === asked.current;
      try {
        const answer = await start(isWanted);
        if (isWanted()) how(answer);
      } catch (error) {
        if (isWanted()) complain(error);
      } finally {
        if (isWanted()) settle();
      }
    },
    [begin, settle, complain],
  );

  const ask = useCallback(
    async (
      make: (emulator: Emulator, onPart: (part: ReportPart) => void) => Promise<ReportDocument>,
      wanted: Shown,
      manner: Manner,
    ): Promise<void> => {
      if (emulator === undefined) return;
      await goOn(
        (isWanted) =>
          make(emulator, (part) => {
            if (!isWanted()) return;
            if (part.awaited.length === 0) settle();
            show(part, wanted, { ...manner, isMore: isPartShown.current });
            isPartShown.current = true;
          }),
        // What costs runs of its own comes later than what one sees.
        (whole) => setShowing((now) => now && { ...now, document: completed(now.document, whole) }),
      );
    },
    [emulator, show, goOn, settle],
  );

  const openBug = useCallback(
    (name: string, wanted: Shown = {}): void => {
      setDialog(undefined);
      setMode('report');
      lastBug.current = name;
      void ask(
        (running, onPart) => running.ask('bug', { name, kernels: [...(wanted.kernels ?? [])] }, onPart),
        wanted,
        { ...asReport, bug: name },
      );
    },
    [ask],
  );

  const run = useCallback(
    (next: Draft, wanted: Shown = {}): void => {
      void ask(
        (running, onPart) =>
          running.ask('run', { file: next.file, kernels: [...next.kernels], expect: [...(next.expect ?? [])] }, onPart),
        wanted,
        asClick,
      );
    },
    [ask],
  );

  const play = useCallback(
    (next: Draft, isUndo = false): void => {
      setDraft((before) => {
        if (!isUndo) setPast((all) => [...all, before]);
        return next;
      });
      setMode('play');
      setDialog(undefined);
      setNote('');
      run(next);
    },
    [run],
  );
  const undo = useCallback((): void => {
    const before = past[past.length - 1];
    if (before === undefined) {
      tell('nothing to undo');
      return;
    }
    setPast((all) => all.slice(0, -1));
    play(before, true);
  }, [past, play, tell]);

  /** Goes where the address says. */
  const follow = useCallback(
    (hash: string): Promise<void> =>
      goOn(
        () => readHash(hash),
        (wanted) => {
          if (wanted.draft !== undefined && emulator !== undefined) {
            setDraft(wanted.draft);
            setMode('play');
            run(wanted.draft, wanted);
          } else if (wanted.bug !== undefined && emulator !== undefined) openBug(wanted.bug, wanted);
          else if (own !== null) {
            setMode('report');
            show({ document: own, ...NOTHING_MISSING }, wanted, asReport);
          } else {
            setDraft(EMPTY_DRAFT);
            setMode('play');
            run(EMPTY_DRAFT);
          }
        },
      ),
    [emulator, own, goOn, openBug, run, show],
  );

  /** Without what one can choose from there is nothing to click. A worker that fails is told of by who waits for its runs. */
  const askOffer = useCallback((): void => void emulator?.ask('offer', {}).then(setOffer, () => undefined), [emulator]);
  const stop = (): void => {
    emulator?.stop();
    settle();
    if (offer === undefined) askOffer();
  };

  useEffect(() => {
    void follow(location.hash);
    askOffer();
    // The address may already say again what was shown before.
    const listen = ({ newURL }: HashChangeEvent): void => void follow(new URL(newURL).hash);
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, []);

  // The address follows what is shown.
  useEffect(() => {
    if (session === undefined || showing === undefined) return undefined;
    const { document, subject, lanes, bug } = showing;
    const several = subjectsOf(document).length > 1;
    const shown: Shown = {
      ...(mode === 'report' && bug !== undefined ? { bug } : {}),
      ...(mode === 'report' && several ? { subject: subject.name } : {}),
      ...(mode === 'report' && subject.runs.length > LANES
        ? { kernels: lanes.map((lane) => document.runs[subject.runs[lane]!]!.kernel) }
        : {}),
      step: position.step + 1,
      event: position.row + 1,
      ...(selected === null ? {} : { at: selected }),
    };
    shownAt.current = shown;
    const write = (pack?: string): void => history.replaceState(null, '', writeHash(shown, pack));
    const timer = setTimeout(() => {
      if (mode === 'report') write();
      else void packed(draft).then((pack) => shownAt.current === shown && write(pack));
    }, SETTLED);
    return () => clearTimeout(timer);
  }, [session, showing, mode, draft, position, selected]);

  const also = useMemo(
    () => (mode === 'play' && session !== undefined ? [windowOf(session.first)] : []),
    [mode, session],
  );
  const axis = useMemo(() => (session === undefined ? undefined : new Axis(touched(session, also))), [session, also]);
  const view: View = zoom ?? [0, axis?.length ?? 1];

  // On a large machine the sections that can be plugged are the picture, as long as something happens there; 0 shows all of it.
  useLayoutEffect(() => {
    if (mode !== 'play' || session === undefined || axis === undefined) return;
    const window = windowOf(session.first);
    const given = session.stepOf(0, position.step)?.given;
    const [from, to] = [axis.place(window[0]), axis.place(window[1])];
    if (given != null && overlaps(given, window) && (to - from) * LARGE < axis.length) setZoom([from, to]);
  }, [showing?.document.runs[0]?.recording, mode]);

  const go = useCallback((to: Position): void => setPosition(to), []);
  const nextFault = useCallback((): void => {
    const fault = session?.nextFault(position);
    if (fault === undefined) tell('no finding');
    else setPosition(fault.position);
  }, [session, position, tell]);

  const zoomBy = useCallback(
    (factor: number, pan = 0): void => {
      if (axis === undefined || session === undefined) return;
      const [from, to] = zoom ?? [0, axis.length];
      const length = Math.min(axis.length, Math.max(CLOSEST, (to - from) * factor));
      const fault = session.focus(position);
      const blamed = fault?.finding.blamed[0];
      const shift = fault === undefined ? 0 : session.lanes[fault.lane]!.shift;
      const target = selected ?? (blamed === undefined ? null : [blamed[0] - shift, blamed[1] - shift]);
      const middle =
        factor < 1 && target !== null ? axis.place((target[0] + target[1]) / 2) : (from + to) / 2 + pan * (to - from);
      const start = Math.max(0, Math.min(axis.length - length, middle - length / 2));
      setZoom(length >= axis.length ? null : [start, start + length]);
    },
    [axis, session, zoom, position, selected],
  );

  /** The machine that is in the picture, and the section of those that can be plugged that was clicked before it was. */
  const pictured = useRef(draft.file.machine);
  const clicked = useRef<number | undefined>(undefined);
  const onSection = useCallback(
    (section: number): void => {
      if (session === undefined || offer === undefined) return;
      // Where sections lie, and how many allocations there were, the picture of another machine or of fewer steps does not say.
      if (waiting !== 'for nothing' && (tool.fails || draft.file.machine !== pictured.current)) {
        clicked.current = section - windowFirst(session);
        return;
      }
      const next = clickSection(draft, section, tool, session);
      if (typeof next === 'string') tell(next);
      else {
        setTool({ ...tool, fails: false });
        play(next);
      }
    },
    [session, draft, tool, offer, waiting, play, tell],
  );
  useLayoutEffect(() => {
    if (waiting !== 'for nothing' || session === undefined) return;
    pictured.current = draft.file.machine;
    const nth = clicked.current;
    clicked.current = undefined;
    if (nth !== undefined && mode === 'play') onSection(windowFirst(session) + nth);
  }, [waiting, session]);

  const copyLink = (): void =>
    void copyText(location.href).then((isCopied) =>
      tell(isCopied ? 'link copied' : 'the browser forbids copying; the address has it'),
    );
  const toPlay = (): void => {
    if (emulator === undefined || mode === 'play') return;
    setMode('play');
    run(draft);
  };
  /** Plays on with what is shown. */
  const edit = (): void => {
    if (emulator === undefined || mode !== 'report' || showing === undefined) return;
    const shown = draftOf(showing);
    const { bug } = showing;
    if (bug === undefined) play(shown);
    // What an entry breaks may be no invariant: it is asked further.
    else
      void goOn(
        () => emulator.ask('bugFile', { name: bug }),
        ({ expect }) => play({ ...shown, expect }),
      );
  };
  const editBug = (name: string): void => {
    if (emulator === undefined) return;
    setDialog(undefined);
    void goOn(
      () => emulator.ask('bugFile', { name }),
      ({ file, kernels, expect }) => play({ file: file as Draft['file'], kernels, expect }),
    );
  };
  const toReport = (): void => {
    if (mode === 'report') return;
    if (own === null) openBug(lastBug.current);
    else {
      forget();
      setMode('report');
      show({ document: own, ...NOTHING_MISSING }, {}, asReport);
    }
  };
  /** Shows what the document has of it. Another kernel of the same scenario may still be running; nothing else that was asked for is wanted. */
  const showSubject = (wanted: Shown): void => {
    if (showing === undefined) return;
    if (!isPartShown.current) forget();
    show({ document: showing.document, ...showing.missing }, wanted, { ...asReport, bug: showing.bug });
    led.current = undefined;
  };
  const keys = keyHandler({
    ArrowRight: () => session && go(session.next(position)),
    ArrowLeft: () => session && go(session.previous(position)),
    ArrowDown: () => session && go(stepOn(session, position)),
    ArrowUp: () => session && go(stepBack(session, position)),
    Home: () => go(START),
    End: () => session && go(session.endOf(session.steps - 1)),
    ' ': () => document.getElementById('play')?.click(),
    n: nextFault,
    d: () => {
      const next = session?.nextDifference(position);
      if (next === undefined) tell('no further difference');
      else go(next);
    },
    b: () => setSelected((now) => neighbour(now, 1)),
    B: () => setSelected((now) => neighbour(now, -1)),
    '+': () => zoomBy(0.5),
    '=': () => zoomBy(0.5),
    '-': () => zoomBy(2),
    '0': () => setZoom(null),
    '[': () => zoomBy(1, -0.25),
    ']': () => zoomBy(1, 0.25),
    c: () => setDialog('catalogue'),
    l: () => emulator && setDialog('load'),
    p: toPlay,
    e: edit,
    r: toReport,
    t: toggleTheme,
    '?': () => setDialog('keys'),
    Escape: () => setSelected(null),
    ...(mode === 'play' && session !== undefined
      ? {
          Backspace: undo,
          ...Object.fromEntries(
            Array.from({ length: 8 }, (_, i) => [String(i + 1), () => onSection(windowFirst(session) + i)]),
          ),
        }
      : {}),
  });
  const handler = useRef(keys);
  handler.current = keys;
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => handler.current(event);
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);

  const isStale = complaint !== undefined;
  const running = waiting === 'for long' && (
    <div class="verdicts" role="group" aria-label="what is running">
      <section class="verdict">
        <h2>Running …</h2>
        <p>
          <button type="button" onClick={stop}>
            Stop
          </button>
        </p>
      </section>
    </div>
  );
  const isFirstShown = session !== undefined && session.awaited.length > 0;
  const instead =
    complaint !== undefined ? (
      <div class="verdicts" role="group" aria-label="verdict">
        <section class="verdict is-wrong" role="alert">
          <h2>
            <span aria-hidden="true">✗ </span>
            {complaint.message}
          </h2>
          <p class="muted">
            {complaint.path.length > 0 && (
              <>
                In <code>{complaint.path.join('.')}</code>.{' '}
              </>
            )}
            {session !== undefined && 'The picture is from before the error.'}
          </p>
        </section>
      </div>
    ) : running !== false && !isFirstShown ? (
      running
    ) : mode === 'play' && session?.steps === 0 ? (
      <div class="verdicts" role="group" aria-label="verdict">
        <section class="verdict">
          <h2>Empty machine</h2>
          <p class="muted">
            Click a section to plug it; click it again to unplug it. Two neighbours with a 56-byte struct page share a
            leaf: try to unplug both.
          </p>
        </section>
      </div>
    ) : undefined;

  return (
    <>
      <Bar
        session={session}
        mode={mode}
        canPlay={emulator !== undefined}
        onReport={toReport}
        onPlay={toPlay}
        onEdit={edit}
        onCatalogue={() => setDialog('catalogue')}
        onLoad={() => setDialog('load')}
        onCopy={copyLink}
        showing={showing}
        onLanes={(lanes) => showing && setShowing({ ...showing, lanes })}
        onSubject={(subject) => showSubject({ subject })}
      />
      {session === undefined || axis === undefined ? (
        <div class="viewer">
          <aside class="rail" aria-label="steps and events" />
          <main class="stage" aria-busy={waiting !== 'for nothing'}>
            {instead}
            <div class="placeholder" aria-hidden="true" />
          </main>
        </div>
      ) : (
        <Viewer
          session={session}
          position={position}
          axis={axis}
          view={view}
          selected={selected}
          onGo={go}
          onSelect={setSelected}
          onNext={nextFault}
          onSection={mode === 'play' ? onSection : undefined}
          onDelete={
            mode === 'play'
              ? (step) =>
                  play({ ...draft, file: { ...draft.file, steps: draft.file.steps.filter((_, i) => i !== step) } })
              : undefined
          }
          isPlay={mode === 'play'}
          canPlay={emulator !== undefined}
          isStale={isStale}
          isBehind={waiting !== 'for nothing'}
          instead={instead}
          running={isFirstShown && complaint === undefined && running}
          controls={
            HAS_PLAYGROUND &&
            mode === 'play' &&
            emulator !== undefined &&
            offer !== undefined && (
              <Playground
                offer={offer}
                emulator={emulator}
                draft={draft}
                tool={tool}
                session={session}
                onTool={setTool}
                onDraft={play}
                onUndo={undo}
                onToast={tell}
                onBug={(name, kernels) => openBug(name, { kernels })}
                note={note}
              />
            )
          }
        />
      )}
      {dialog === 'catalogue' && (
        <Catalogue
          offer={offer}
          document={showing?.document}
          onClose={() => setDialog(undefined)}
          onBug={openBug}
          onEdit={editBug}
          onStory={(story) => play({ file: story.file as Draft['file'], kernels: story.kernels })}
          onSubject={(subject, at) => {
            setDialog(undefined);
            showSubject({ subject, ...at });
          }}
        />
      )}
      {HAS_PLAYGROUND && dialog === 'load' && emulator !== undefined && (
        <LoadDialog
          emulator={emulator}
          onClose={() => setDialog(undefined)}
          onLoaded={({ file, kernels, told }) => {
            play({ file: file as Draft['file'], kernels });
            setNote(told);
          }}
        />
      )}
      {dialog === 'keys' && (
        <KeyHelp onClose={() => setDialog(undefined)} isPlay={mode === 'play'} canPlay={emulator !== undefined} />
      )}
      <div id="toast" role="status" class={toast === '' ? '' : 'is-on'}>
        {toast}
      </div>
    </>
  );
}

/** The byte range after or before the selected one, as the picture has them. */
function neighbour(now: Chosen, by: number): Chosen {
  const all = [...document.querySelectorAll<SVGElement>('#picture .seg')].map(
    ({ dataset }) => [Number(dataset['start']), Number(dataset['end'])] as [number, number],
  );
  if (all.length === 0) return null;
  const at = now === null ? -1 : all.findIndex(([start, end]) => start === now[0] && end === now[1]);
  return all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length]!;
}

const windowFirst = (session: Session): number => {
  const { vmemmap, sectionBytes } = session.first;
  return Math.round((windowOf(session.first)[0] - vmemmap) / sectionBytes);
};
