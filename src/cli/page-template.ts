// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../scenario/load.js';
import { packageRoot } from './package-root.js';

/** @throws InputError where nobody has built it */
function builtPage(name: string): string {
  const file = join(packageRoot(), 'dist', 'src', 'page', name);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new InputError(`${file}: the page has not been built; \`npm run build\` does it`);
}

/** The page of a report as `npm run build` makes it, with no document in it. @throws InputError where nobody has built it */
export const pageTemplate = (): string => builtPage('template.html');

/** The playground, with the emulator in it. @throws InputError where nobody has built it */
export const playgroundPage = (): string => builtPage('playground.html');
