// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { licences } from '../../build/licences.js';

/**
 * Builds the page into one file: scripts and styles stand in it, so it opens from disk without a network. In the mode
 * "playground" the emulator stands in it too; otherwise it is the template of reports, without what only the playground has.
 */

/** Text that ends no element it stands in. */
const inScript = (code: string): string => code.replaceAll('</script', '<\\/script');

const OUT = fileURLToPath(new URL('../../../dist/src/page', import.meta.url));
/** Where the emulator stands in the page. */
const EMULATOR = '<script type="text/plain" id="emulator">';

/** Puts every script and style of the bundle into the page that asks for it, and the emulator where it is wanted. */
const inline = (isPlayground: boolean): Plugin => ({
  name: 'inline',
  enforce: 'post',
  generateBundle(_options, bundle) {
    const page = bundle['index.html'];
    if (page?.type !== 'asset') this.error('the bundle has no page');
    let html = String(page.source);
    for (const [file, part] of Object.entries(bundle)) {
      if (part === page) continue;
      const text = part.type === 'chunk' ? part.code : String(part.source);
      const [tag, element] =
        part.type === 'chunk'
          ? [
              new RegExp(`<script[^>]*src="[^"]*${file}"[^>]*></script>`),
              `<script type="module">${inScript(text)}</script>`,
            ]
          : [new RegExp(`<link[^>]*href="[^"]*${file}"[^>]*>`), `<style>${text}</style>`];
      if (!tag.test(html)) this.error(`the page does not ask for ${file}`);
      html = html.replace(tag, () => element);
      Reflect.deleteProperty(bundle, file);
    }
    if (isPlayground) {
      if (!html.includes(EMULATOR)) this.error('the page has no place for the emulator');
      const emulator = inScript(readFileSync(`${OUT}/emulator.js`, 'utf8'));
      html = html.replace(EMULATOR, () => EMULATOR + emulator);
    }
    page.source = html;
    page.fileName = isPlayground ? 'playground.html' : 'template.html';
  },
});

export default defineConfig(({ mode }) => ({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: OUT,
    emptyOutDir: false,
    modulePreload: false,
    target: 'es2022',
    assetsInlineLimit: Infinity,
  },
  define: { HAS_PLAYGROUND: JSON.stringify(mode === 'playground') },
  plugins: [inline(mode === 'playground'), licences(`${OUT}/LICENCES.txt`)],
}));
