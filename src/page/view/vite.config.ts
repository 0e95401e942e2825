// SPDX-License-Identifier: GPL-2.0-only

import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/** Builds the page into one file: scripts and styles stand in it, so it opens from disk without a network. */

/** Text that ends no element it stands in. */
const inScript = (code: string): string => code.replaceAll('</script', '<\\/script');

/** Puts every script and style of the bundle into the page that asks for it. */
const inline: Plugin = {
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
    page.source = html;
    page.fileName = 'template.html';
  },
};

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../../../dist/src/page', import.meta.url)),
    emptyOutDir: false,
    modulePreload: false,
    target: 'es2022',
    assetsInlineLimit: Infinity,
  },
  plugins: [inline],
});
