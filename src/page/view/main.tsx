// SPDX-License-Identifier: GPL-2.0-only

import { render } from 'preact';
import type { ReportDocument } from '../document.js';
import { App } from './app.js';
import { Picker } from './picker.js';

/** The page finds its document in itself; one that has none asks the server that it came from. */

const text = document.getElementById('document')?.textContent ?? 'null';
const report = JSON.parse(text) as ReportDocument | null;

render(report === null ? <Picker /> : <App report={report} />, document.getElementById('app')!);
