// SPDX-License-Identifier: GPL-2.0-only

import { size } from '../../events/words.js';
import { subjectsOf, type Session, type Subject } from './session.js';
import type { ReportDocument } from '../document.js';
import { toggleTheme } from './theme.js';

/** The bar above everything: what is shown, and where else one can go. */

interface BarProps {
  session: Session | undefined;
  mode: 'report' | 'play';
  canPlay: boolean;
  showing:
    { document: ReportDocument; subject: Subject; lanes: readonly number[]; bug?: string | undefined } | undefined;
  onReport: () => void;
  onPlay: () => void;
  onEdit: () => void;
  onCatalogue: () => void;
  onLoad: () => void;
  onCopy: () => void;
  onLanes: (lanes: readonly number[]) => void;
  onSubject: (name: string) => void;
}

/** One line of facts. */
function factsOf(session: Session): string {
  const { first, lanes, faults } = session;
  const ids = [...new Set(faults.flatMap(({ finding }) => (finding.known === null ? [] : [finding.known.id])))];
  return [
    ...(ids.length > 0 ? [ids.join(', ')] : []),
    `${first.arch} ${lanes.map(({ run }) => run.kernel).join(' | ')}`,
    `${size(first.pageSize)} pages`,
    `struct page ${first.structPageSize} B`,
    `section ${size(first.sectionSize)}`,
  ].join(' · ');
}

export function Bar(props: BarProps) {
  const { session, mode, canPlay, showing, onReport, onPlay, onEdit, onCatalogue, onLoad, onCopy, onLanes, onSubject } =
    props;
  const title =
    mode === 'play'
      ? session?.first.title === 'unnamed'
        ? 'Playground'
        : (session?.first.title ?? 'Playground')
      : (session?.first.title ?? 'vmemmap');
  document.title = `${title} – vmemmap`;
  const subjects = showing === undefined ? [] : subjectsOf(showing.document);
  return (
    <header class="bar">
      {canPlay && (
        <div class="tabs" role="group" aria-label="what to do">
          <button type="button" aria-pressed={mode === 'report'} onClick={onReport}>
            Report
          </button>
          <button type="button" aria-pressed={mode === 'play'} onClick={onPlay}>
            Play<span class="more">ground</span>
          </button>
        </div>
      )}
      <div class="title">
        <h1>{title}</h1>
        <span class="facts">{session === undefined ? '' : factsOf(session)}</span>
      </div>
      {mode === 'report' && subjects.length > 1 && (
        <select
          aria-label="what is shown"
          value={showing!.subject.name}
          onChange={({ currentTarget: { value } }) => onSubject(value)}
        >
          {subjects.map(({ name, title: text }) => (
            <option key={name} value={name}>
              {name}: {text}
            </option>
          ))}
        </select>
      )}
      {mode === 'report' && showing !== undefined && showing.subject.runs.length > 2 && (
        <Lanes showing={showing} onLanes={onLanes} />
      )}
      <button type="button" title="c" onClick={onCatalogue}>
        {canPlay ? 'Catalogue' : 'Findings'}
      </button>
      {canPlay && mode === 'report' && session !== undefined && (
        <button type="button" class="wide" title="e" onClick={onEdit}>
          Edit
        </button>
      )}
      {canPlay && (
        <button type="button" class="wide" title="l" onClick={onLoad}>
          Load…
        </button>
      )}
      <button type="button" class="wide" onClick={onCopy}>
        Copy<span class="more"> link</span>
      </button>
      <button type="button" class="wide" title="t" aria-label="light or dark" onClick={toggleTheme}>
        ◐
      </button>
    </header>
  );
}

/** Which two of more than two kernels are shown. */
function Lanes({
  showing,
  onLanes,
}: {
  showing: NonNullable<BarProps['showing']>;
  onLanes: (lanes: readonly number[]) => void;
}) {
  const { document, subject, lanes } = showing;
  return (
    <>
      {lanes.map((lane, place) => (
        <select
          key={place}
          aria-label={place === 0 ? 'upper kernel' : 'lower kernel'}
          value={lane}
          onChange={({ currentTarget: { value } }) =>
            onLanes(lanes.map((other, i) => (i === place ? Number(value) : other)))
          }
        >
          {subject.runs.map((run, i) => {
            const { kernel, findings } = document.runs[run]!;
            return (
              <option key={i} value={i}>
                {kernel} {findings.length > 0 ? `✗${findings.length}` : ''}
              </option>
            );
          })}
        </select>
      ))}
    </>
  );
}
