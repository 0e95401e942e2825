// SPDX-License-Identifier: GPL-2.0-only

import { Dialog } from './dialog.js';

/** Every key of the page. */

/** Calls what belongs to a key, unless somebody writes, a dialog is open, or the key works a control. */
export const keyHandler =
  (keys: Readonly<Record<string, () => unknown>>) =>
  (event: KeyboardEvent): void => {
    const { key, target } = event;
    const action = keys[key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector('dialog[open]') !== null) return;
    if (target instanceof Element) {
      if (target.closest('input, select, textarea, .cm-editor') !== null) return;
      if ((key === ' ' || key === 'Enter') && target.closest('button, a, summary, [role=button]') !== null) return;
    }
    event.preventDefault();
    action();
  };

const KEYS: readonly [string, string, string][] = [
  ['← →', 'event back, event on; runs across steps', '◀ ▶, click an event, drag the overview'],
  ['↑ ↓', 'end of the previous, of the next step', '⏮ ⏭, click a step'],
  ['Home End', 'before everything, the end', ''],
  ['space', 'play, stop', 'play'],
  ['n', 'next finding of any kernel, round', 'next in the verdict'],
  ['d', 'next event in which the kernels differ', ''],
  ['b B', 'next, previous byte range', 'click a range; pointing shows it too'],
  ['+ −', 'zoom on the bytes to blame or selected, out', ''],
  ['0 [ ]', 'all of it; pan', ''],
  ['t', 'light or dark', '◐'],
  ['Esc', 'no selection', ''],
];
const REPORT_KEYS: readonly [string, string, string][] = [['c', 'findings', 'Findings']];
const EMULATOR_KEYS: readonly [string, string, string][] = [
  ['c l', 'catalogue, load', 'buttons'],
  ['r p e', 'report, playground, play on with what the report shows', 'buttons'],
];
const PLAY_KEYS: readonly [string, string, string][] = [
  ['1–8', 'plug or unplug the n-th section', 'click a section'],
  ['Backspace', 'undo', 'undo'],
];

interface KeyHelpProps {
  onClose: () => void;
  isPlay: boolean;
  canPlay: boolean;
}

export function KeyHelp({ onClose, isPlay, canPlay }: KeyHelpProps) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <table>
        <thead>
          <tr>
            <th scope="col">key</th>
            <th scope="col">does</th>
            <th scope="col">mouse or touch</th>
          </tr>
        </thead>
        <tbody>
          {[...KEYS, ...(canPlay ? EMULATOR_KEYS : REPORT_KEYS), ...(isPlay ? PLAY_KEYS : [])].map(
            ([key, does, mouse]) => (
              <tr key={key}>
                <th scope="row">
                  <kbd>{key}</kbd>
                </th>
                <td>{does}</td>
                <td>{mouse}</td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </Dialog>
  );
}
