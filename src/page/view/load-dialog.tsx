// SPDX-License-Identifier: GPL-2.0-only

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Dialog } from './dialog.js';
import type { Loaded } from '../emulator/protocol.js';
import type { Emulator } from './emulator.js';

/** Takes what somebody has: a scenario, a machine's memory as tools print it, what exploring found. */

interface LoadProps {
  emulator: Emulator;
  onClose: () => void;
  onLoaded: (loaded: Loaded) => void;
}

export function LoadDialog({ emulator, onClose, onLoaded }: LoadProps) {
  const [text, setText] = useState('');
  const [kernel, setKernel] = useState('');
  const [complaint, setComplaint] = useState('');
  /** What was given last: of anything before, or when the dialog is gone, nobody wants to hear. */
  const given = useRef(0);
  // An effect that waits for a frame may be too late to be taken back with the dialog.
  useLayoutEffect(
    () => () => {
      given.current++;
    },
    [],
  );
  const load = (name: string, content: string | Promise<string>): void => {
    const mine = ++given.current;
    setComplaint('');
    Promise.resolve(content)
      .then((found) => emulator.ask('load', { name, text: found, kernel }))
      .then(
        (loaded) => {
          if (mine === given.current) onLoaded(loaded);
        },
        (error: unknown) => {
          if (mine === given.current) setComplaint(error instanceof Error ? error.message : String(error));
        },
      );
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) load(file.name, file.text());
  };
  return (
    <Dialog title="Load a machine or a scenario" onClose={onClose}>
      <div onDragOver={(event) => event.preventDefault()} onDrop={drop}>
        <p class="muted">
          A scenario, <code>lsmem --json</code>, <code>/proc/iomem</code> as root reads it, a QEMU command line, or a
          result of <code>vmemmap explore --json</code>. Paste it, drop a file, or choose one. Lines of VMCOREINFO and
          what <code>uname -r</code> prints may stand beside a list. Nothing leaves this page.
        </p>
        <textarea
          autofocus
          rows={9}
          aria-label="text to load"
          spellcheck={false}
          value={text}
          onInput={({ currentTarget: { value } }) => setText(value)}
        />
        <p class="row">
          <label>
            its kernel, where the text does not say it{' '}
            <input
              type="text"
              aria-label="kernel"
              placeholder="uname -r"
              value={kernel}
              onInput={({ currentTarget: { value } }) => setKernel(value)}
            />
          </label>
        </p>
        <p class="row">
          <button type="button" disabled={text.trim() === ''} onClick={() => load('the text', text)}>
            Load
          </button>
          <input
            type="file"
            aria-label="file to load"
            onChange={({ currentTarget: { files } }) => {
              const file = files?.[0];
              if (file !== undefined) load(file.name, file.text());
            }}
          />
        </p>
        <p role="alert" class="bad">
          {complaint}
        </p>
      </div>
    </Dialog>
  );
}
