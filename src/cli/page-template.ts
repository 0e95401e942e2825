// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../scenario/load.js';
import { packageRoot } from './package-root.js';

/** The page that `npm run build` makes, with no document in it. @throws InputError where nobody has built it */
export function pageTemplate(): string {
  const file = join(packageRoot(), 'dist', 'src', 'page', 'template.html');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new InputError(`${file}: the page has not been built; \`npm run build\` does it`);
}
