// SPDX-License-Identifier: GPL-2.0-only

import type { ReportDocument } from './document.js';

/** The place in the built page where its document belongs. */
const PLACE = /(<script type="application\/json" id="document">)[\s\S]*?(<\/script>)/;

/** JSON that ends no element of HTML which it stands in. */
const inHtml = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/**
 * A whole page.
 * @param template the page as it is built, with no document in it
 * @throws RangeError for text that is no such template
 */
export function fillPage(template: string, document: ReportDocument): string {
  if (!PLACE.test(template)) throw new RangeError('the template has no place for a document');
  return template.replace(PLACE, (_whole, open: string, close: string) => open + inHtml(document) + close);
}
