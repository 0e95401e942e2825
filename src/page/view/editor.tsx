// SPDX-License-Identifier: GPL-2.0-only

import { autocompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { linter, lintKeymap, type Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { isScenario, type Scenario } from './address.js';
import { completeFrom, placeOf } from './completion.js';
import { Stopped, type Emulator } from './emulator.js';

/** The scenario as text: checked as the command line checks it, completed from its schema. */

interface EditorProps {
  text: string;
  schema: unknown;
  emulator: Emulator;
  /** A text without a mistake. */
  onFile: (file: Scenario) => void;
}

/** From the last key to the check, milliseconds. */
const PAUSE = 400;

export function Editor({ text, schema, emulator, onFile }: EditorProps) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  /** The text that the page has; what is typed beyond it is not run yet. */
  const shown = useRef(text);
  const tell = useRef(onFile);
  tell.current = onFile;

  useEffect(() => {
    const check = async (editor: EditorView): Promise<Diagnostic[]> => {
      const content = editor.state.doc.toString();
      const mistakes = await emulator.ask('check', { text: content }).catch((error: unknown) => {
        if (error instanceof Stopped) return undefined;
        throw error;
      });
      // What was changed meanwhile, here or by a click, is checked by itself.
      if (mistakes === undefined || content !== editor.state.doc.toString()) return [];
      if (mistakes.length === 0 && content !== shown.current) {
        const file: unknown = JSON.parse(content);
        shown.current = content;
        if (isScenario(file)) tell.current(file);
      }
      return mistakes.map(({ message, path }) => ({
        ...placeOf(editor.state, path),
        message,
        severity: 'error' as const,
      }));
    };
    view.current = new EditorView({
      parent: parent.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          indentOnInput(),
          bracketMatching(),
          json(),
          linter(check, { delay: PAUSE }),
          autocompletion({ override: [completeFrom(schema)] }),
          keymap.of([...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.contentAttributes.of({ 'aria-label': 'scenario as text', tabindex: '0' }),
        ],
      }),
    });
    return () => view.current?.destroy();
  }, [emulator, schema]);

  useLayoutEffect(() => {
    const editor = view.current;
    if (editor === undefined || shown.current === text) return;
    // A click in the picture changed the scenario; what is being typed is not overwritten by its own result.
    const isSame = sameJson(editor.state.doc.toString(), text);
    shown.current = text;
    if (!isSame) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);

  return <div class="editor" ref={parent} />;
}

function sameJson(a: string, b: string): boolean {
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
  } catch {
    return false;
  }
}
