// SPDX-License-Identifier: GPL-2.0-only

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyPage } from './history-page.js';

/** The second half of `npm run showings`: what was found, as a page. */
writeFileSync(join(import.meta.dirname, '..', '..', 'src', 'docs', 'history.md'), historyPage());
