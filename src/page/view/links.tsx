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
  const [answer, setAnswer] = useState('');
  const copy = (): void => {
    void copyText(text).then((isCopied) => {
      setAnswer(isCopied ? 'copied' : 'the browser forbids it');
      setTimeout(() => setAnswer(''), 1500);
    });
  };
  return (
    <button type="button" class="link copy" onClick={copy} aria-label={`copy ${text}`}>
      {answer === '' ? (children ?? 'copy') : answer}
    </button>
  );
}

/** Whether the browser let the page copy. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
