// SPDX-License-Identifier: GPL-2.0-only

import type { TestCase } from './test-case.js';

/** Annotations of a run of GitHub Actions, as its workflow commands have them. */

const escapedText = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapedProperty = (text: string): string => escapedText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function annotation({ suite, name, failure, place }: TestCase): string {
  const properties = { file: place?.file, line: place?.line, title: `${suite}: ${name}` };
  const said = Object.entries(properties).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${escapedProperty(String(value))}`],
  );
  return `::error ${said.join(',')}::${escapedText(failure ?? '')}`;
}

/** An error for each case that failed, and a line that counts. */
export function githubAnnotations(cases: readonly TestCase[]): string {
  const failed = cases.filter(({ failure }) => failure !== undefined);
  const skipped = cases.filter((each) => each.skipped !== undefined).length;
  const passed = cases.length - failed.length - skipped;
  const others = skipped === 0 ? '' : `, ${skipped} skipped`;
  return [...failed.map(annotation), `${passed} passed, ${failed.length} failed${others}`].join('\n');
}
