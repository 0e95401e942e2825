// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { siteFiles } from './site-files.js';

/** `npm run site`: writes the playground as a folder that any server of files can serve, or none. */

const [, , folder = 'site'] = process.argv;
const playground = readFileSync(fileURLToPath(new URL('../playground.html', import.meta.url)), 'utf8');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(siteFiles(playground))) {
  writeFileSync(join(folder, name), text);
  process.stdout.write(`${join(folder, name)} ${text.length}\n`);
}
