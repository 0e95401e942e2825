// SPDX-License-Identifier: GPL-2.0-only

import { useState } from 'preact/hooks';
import type { ReportDocument } from '../document.js';
import type { Offer, StoryOffer } from '../emulator/protocol.js';
import { Dialog } from './dialog.js';
import { subjectsOf } from './session.js';

/** What there is to look at: findings of what is shown, stories, and every bug of the catalogue. */

interface CatalogueProps {
  offer: Offer | undefined;
  document: ReportDocument | undefined;
  onClose: () => void;
  onBug: (name: string) => void;
  onEdit: (name: string) => void;
  onStory: (story: StoryOffer) => void;
  onSubject: (name: string, at: { kernels: readonly string[]; step: number; event: number }) => void;
}

export function Catalogue({ offer, document: report, onClose, onBug, onEdit, onStory, onSubject }: CatalogueProps) {
  const [words, setWords] = useState('');
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const has = (...texts: string[]): boolean => wanted.every((word) => texts.join(' ').toLowerCase().includes(word));
  const bugs = (offer?.bugs ?? []).filter(({ id, name, arch, title, fix }) => has(id, name, arch, title, fix));
  const stories = (offer?.stories ?? []).filter(({ name, title }) => has(name, title));
  const subjects = report === undefined ? [] : subjectsOf(report);
  const findings = subjects.flatMap((subject) =>
    subject.runs.flatMap((at) => {
      const run = report!.runs[at]!;
      return run.findings
        .filter(({ headline, known, invariant }) =>
          has(run.kernel, headline, invariant, known?.id ?? '', subject.title),
        )
        .map((finding) => ({ subject, run, finding }));
    }),
  );
  const first = (): void => {
    if (bugs[0] !== undefined) onBug(bugs[0].name);
  };
  const count = offer?.bugs.length ?? 0;
  return (
    <Dialog title={offer === undefined ? 'Findings' : 'Catalogue'} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          first();
        }}
      >
        <input
          type="search"
          autofocus
          value={words}
          aria-label="search"
          placeholder={count > 0 ? `Search ${count} bugs: name, number, architecture, words` : 'Search findings'}
          onInput={({ currentTarget: { value } }) => setWords(value)}
        />
      </form>
      <div class="catalogue">
        {findings.length > 0 && <h3>Findings of what is shown</h3>}
        {findings.map(({ subject, run, finding }) => (
          <button
            key={finding.id}
            type="button"
            class="entry-line"
            onClick={() =>
              onSubject(subject.name, { kernels: [run.kernel], step: finding.step + 1, event: finding.event + 1 })
            }
          >
            <b>{finding.known?.id ?? '✗'}</b>
            <code>{run.kernel}</code>
            <span class="entry-title">
              step {finding.step + 1}: {finding.headline}
              {subjects.length > 1 && <span class="muted"> {subject.title}</span>}
            </span>
          </button>
        ))}
        {stories.length > 0 && <h3>Stories</h3>}
        {stories.map((story) => (
          <button key={story.name} type="button" class="entry-line" onClick={() => onStory(story)}>
            <b>▷</b>
            <code>{story.kernels.join(' | ')}</code>
            <span class="entry-title">{story.title}</span>
          </button>
        ))}
        {bugs.length > 0 && <h3>Bugs</h3>}
        {bugs.map(({ id, name, arch, title }) => (
          <div key={name} class="entry-row">
            <button type="button" class="entry-line" data-bug={name} onClick={() => onBug(name)}>
              <b>{id}</b>
              <code>{arch}</code>
              <span class="entry-title">{title}</span>
            </button>
            <button type="button" class="link" aria-label={`edit ${id} in the playground`} onClick={() => onEdit(name)}>
              edit
            </button>
          </div>
        ))}
        {findings.length + stories.length + bugs.length === 0 && <p class="muted">Nothing has these words.</p>}
      </div>
    </Dialog>
  );
}
