// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Licences of the packages that a bundle holds: most of them ask that their text goes with their code. */

/** What a bundler that calls the plugin knows. */
interface Bundling {
  getModuleIds(): Iterable<string>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

const PACKAGES = /^(.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+)[/\\]/;

/** The name, the version and the licence of a package, with the licence's text. */
function licenceOf(folder: string): string {
  const {
    name,
    version,
    license = 'of its text',
  } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  return `${name} ${version}, licence ${license}\n${text}`;
}

/** A plugin that writes the licences of all that is bundled to a file. */
export const licences = (path: string) => ({
  name: 'licences',
  buildEnd(this: Bundling): void {
    const folders = new Set<string>();
    for (const id of this.getModuleIds()) {
      const [, folder] = PACKAGES.exec(id.replace(/^\0/, '')) ?? [];
      if (folder !== undefined && existsSync(join(folder, 'package.json'))) folders.add(folder);
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      [...folders]
        .map(licenceOf)
        .sort()
        .join(`\n${'-'.repeat(80)}\n\n`),
    );
  },
});
