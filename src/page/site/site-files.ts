// SPDX-License-Identifier: GPL-2.0-only

/** The playground as a folder of static files, made of the page that has everything in it. */

/** A file of the folder, by its name. */
export type SiteFiles = Readonly<Record<string, string>>;

/** The page as one file, which opens from disk as well. */
export const SINGLE_FILE = 'vmemmap-playground.html';

const STYLE = /<style>([\s\S]*?)<\/style>/;
const SCRIPT = /<script type="module">([\s\S]*?)<\/script>/;
const EMULATOR = /<script type="text\/plain" id="emulator">([\s\S]*?)<\/script>/;

/** Script as it was before it stood in a page. */
const outOfPage = (code: string): string => code.replaceAll('<\\/script', '</script');

function partOf(html: string, pattern: RegExp, what: string): string {
  const text = pattern.exec(html)?.[1];
  if (text === undefined) throw new RangeError(`the page has no ${what}`);
  return text;
}

/**
 * @param playground the page with the emulator in it
 * @throws RangeError for text that is no such page
 */
export function siteFiles(playground: string): SiteFiles {
  const style = partOf(playground, STYLE, 'style');
  const script = partOf(playground, SCRIPT, 'script');
  const emulator = partOf(playground, EMULATOR, 'emulator');
  const page = playground
    .replace(STYLE, () => '<link rel="stylesheet" href="./vmemmap.css">')
    .replace(EMULATOR, () => '<script type="text/plain" id="emulator" data-src="./emulator.js"></script>')
    .replace(SCRIPT, () => '<script type="module" src="./vmemmap.js"></script>');
  return {
    'index.html': page,
    'vmemmap.css': style,
    'vmemmap.js': outOfPage(script),
    'emulator.js': outOfPage(emulator),
    [SINGLE_FILE]: playground,
  };
}
