// SPDX-License-Identifier: GPL-2.0-only

/**
 * Reads kernel_page_tables of any of the four architectures. Their lines differ, and differ between releases: an end may be
 * exclusive or inclusive, which the size tells; a frame may stand behind the range; the level stands before the words, behind
 * them, or nowhere; the words are a set.
 */

/** A line: what a stretch of addresses is mapped with. */
export interface DumpedRange {
  /** 64-bit virtual addresses, `end` exclusive. */
  readonly start: bigint;
  readonly end: bigint;
  /** Lower-case name of the level; undefined where lines have none. */
  readonly level: string | undefined;
  /** Words for the flags, in order; empty where nothing is mapped. */
  readonly words: readonly string[];
  /** Line of the text, from 1. */
  readonly line: number;
}

/** A line that stands between two areas. */
export interface DumpMarker {
  readonly title: string;
  readonly line: number;
}

export interface ParsedDump {
  readonly ranges: readonly DumpedRange[];
  readonly markers: readonly DumpMarker[];
}

/** The text is no kernel_page_tables. The message is a sentence. */
export class DumpSyntaxError extends Error {
  override readonly name = 'DumpSyntaxError';
}

/** What a log puts before a line: "<6>", "[   12.345678] ". */
const LOG_PREFIX = /^(?:<\d>)?(?:\[ *\d+\.\d+\] ?)?/;
const MARKER = /^---\[ (.+) \]---$/;
const RANGE = /^0x([0-9a-f]{8,16})-0x([0-9a-f]{8,16})\s*(.*)$/i;
const FRAME = /^(?:0x[0-9a-f]{8,16}|\[0x[0-9a-f]{8,16}\])\s*/i;
const SIZE = /^(\d+)([BKMGTPE])(?:\s+(.*))?$/;
const SKIPPED = /^\.\.\. \d+ entr(?:y|ies) skipped/;
/** Anything behind it is a comment. */
const COMMENT = /\s*#.*$/;
const LEVELS: ReadonlySet<string> = new Set(['pte', 'pmd', 'pud', 'p4d', 'pgd', 'asce']);
/** The word of s390 for an entry that is not valid. */
const INVALID = 'I';
const UNITS = 'BKMGTPE';
const SHOWN_CHARACTERS = 60;

const shown = (text: string): string => (text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);

function parseRange(text: string, line: number): DumpedRange {
  const [, first = '', last = '', rest = ''] = RANGE.exec(text) ?? [];
  const size = SIZE.exec(rest.replace(FRAME, ''));
  if (size === null) {
    throw new DumpSyntaxError(`line ${line} is "${shown(text)}"; behind the range must stand a size such as 2M`);
  }
  const [, count = '', unit = '', flags = ''] = size;
  const bytes = BigInt(count) << (10n * BigInt(UNITS.indexOf(unit)));
  const start = BigInt(`0x${first}`);
  const end = BigInt(`0x${last}`);
  const inclusive = end - start + 1n === bytes ? 1n : 0n;
  // Zero is where the address space ends.
  const exclusive = end === 0n ? 2n ** 64n : end + inclusive;
  if (exclusive - start !== bytes) {
    throw new DumpSyntaxError(`line ${line} is "${shown(text)}"; its range has not the ${count}${unit} that it says`);
  }
  const words = flags.split(/\s+/).filter((word) => word !== '');
  const isLevel = (word: string): boolean => LEVELS.has(word.toLowerCase());
  return {
    start,
    end: exclusive,
    level: words.find(isLevel)?.toLowerCase(),
    words: words.filter((word) => !isLevel(word) && word !== INVALID),
    line,
  };
}

/**
 * @param text the whole file or a part of it; comments behind "#" and what a log puts before a line are passed over
 * @throws DumpSyntaxError at the first line that is not of the format
 */
export function parsePtdump(text: string): ParsedDump {
  const ranges: DumpedRange[] = [];
  const markers: DumpMarker[] = [];
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.replace(LOG_PREFIX, '').replace(COMMENT, '').trim();
    if (line === '' || SKIPPED.test(line)) return;
    const marker = MARKER.exec(line);
    if (marker !== null) markers.push({ title: marker[1]!, line: index + 1 });
    else if (RANGE.test(line)) ranges.push(parseRange(line, index + 1));
    else {
      throw new DumpSyntaxError(
        `line ${index + 1} is "${shown(raw)}"; allowed are lines of kernel_page_tables, "0xstart-0xend size flags" and "---[ name ]---"`,
      );
    }
  });
  return { ranges, markers };
}

/** Titles of the markers before the vmemmap, in all releases: "Vmemmap", "vmemmap start", "vmemmap Area", "vmemmap Area Start". */
const VMEMMAP_MARKER = /^vmemmap(?: area)?(?: start)?$/i;

/**
 * The ranges between the marker of the vmemmap and the next one; all ranges of a text that has no marker.
 * @throws DumpSyntaxError for a text with markers of which none is the vmemmap's, or with nothing in it
 */
export function vmemmapRanges({ ranges, markers }: ParsedDump): readonly DumpedRange[] {
  if (ranges.length === 0 && markers.length === 0) throw new DumpSyntaxError('it has no line of kernel_page_tables');
  if (markers.length === 0) return ranges;
  const at = markers.findIndex(({ title }) => VMEMMAP_MARKER.test(title));
  if (at < 0) {
    const titles = markers.map(({ title }) => `"${title}"`).join(', ');
    throw new DumpSyntaxError(`it has no marker of the vmemmap, such as "---[ vmemmap start ]---"; it has ${titles}`);
  }
  const from = markers[at]!.line;
  const to = markers[at + 1]?.line ?? Infinity;
  return ranges.filter(({ line }) => line > from && line < to);
}
