// SPDX-License-Identifier: GPL-2.0-only

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Moment } from '../../events/event.js';
import type { Position, Session } from './session.js';

/** Things in sentences that one can follow or take along. */

/** Where commits of Linux are looked at. */
const COMMIT = 'https://git.kernel.org/linus/';
const ID = /\b([0-9a-f]{12})\b/;

/** Text in which commits are links. */
export function WithCommits({ text }: { text: string }) {
  return (
    <>
      {text.split(ID).map((part, i) =>
        i % 2 === 0 ? (
          part
        ) : (
          <a key={i} href={`${COMMIT}${part}`} rel="noreferrer" target="_blank">
            {part}
          </a>
        ),
      )}
    </>
  );
}

/** "step 4, event 1", which leads there. */
export function MomentLink(props: {
  session: Session;
  lane: number;
  at: Moment;
  onGo: (position: Position) => void;
  children?: ComponentChildren;
}) {
  const { session, lane, at, onGo, children } = props;
  const position = session.positionOf(lane, at);
  return (
    <button type="button" class="link" onClick={() => onGo(position)}>
      {children ?? `step ${position.step + 1}${position.row < 0 ? '' : `, event ${position.row + 1}`}`}
    </button>
  );
}

/** Copies text, and says that it did. */
export function Copy({ text, children }: { text: string; children?: ComponentChildren }) {
  const [done, setDone] = useState(false);
  const copy = (): void => {
    void copyText(text).then(() => {
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    });
  };
  return (
    <button type="button" class="link copy" onClick={copy} aria-label={`copy ${text}`}>
      {done ? 'copied' : (children ?? 'copy')}
    </button>
  );
}

/** A page from disk may have no clipboard of its own; a selection can always be copied. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
