// SPDX-License-Identifier: GPL-2.0-only

import { render } from 'preact';
import type { ReportDocument } from '../document.js';
import { App } from './app.js';
import { ownEmulator } from './emulator.js';
import { restoreTheme } from './theme.js';

/** The page finds its document in itself; one that has none is a playground. */

restoreTheme();

const text = document.getElementById('document')?.textContent ?? 'null';
const report = JSON.parse(text) as ReportDocument | null;
const emulator = ownEmulator();

render(<App document={report} emulator={emulator} />, document.getElementById('app')!);
