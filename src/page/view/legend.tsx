// SPDX-License-Identifier: GPL-2.0-only

/** What the marks of the picture mean; only those that are in it now. */

const MARKS = {
  written: 'struct pages written',
  unused: '0xFD, PAGE_UNUSED',
  never: 'never written since the leaf was made',
  tiny: '▸ a write too small to draw: one struct page',
  buddy: 'frame of the page allocator',
  altmap: 'frame of an altmap',
  freed: 'frame that went back',
  shared: '×2: two leaves map one frame',
  unusedStart: 'flag: unused_pmd_start, the rest is not painted yet',
  now: 'bytes of this event',
  differ: 'kernels differ',
  changed: 'changed by the step so far',
  notYet: 'in use, not mapped yet',
  hole: 'in use, not mapped',
  blamed: '✗ wrong: the bytes to blame',
  old: 'red dots: still wrong, from an earlier step',
} as const;
export type Mark = keyof typeof MARKS;

const FILLS: Readonly<Record<Mark, string>> = {
  written: 'var(--used)',
  unused: 'url(#fd)',
  never: 'url(#nv)',
  tiny: 'var(--used)',
  buddy: 'var(--alloc)',
  altmap: 'url(#al)',
  freed: 'var(--bad)',
  shared: 'none',
  unusedStart: 'none',
  now: 'var(--ink)',
  differ: 'url(#df)',
  changed: 'url(#df)',
  notYet: 'var(--pane)',
  hole: 'var(--badbg)',
  blamed: 'var(--bad)',
  old: 'none',
};
const BARS: ReadonlySet<Mark> = new Set<Mark>(['buddy', 'altmap', 'freed', 'now', 'differ', 'changed']);
const DASHED: ReadonlySet<Mark> = new Set<Mark>(['hole', 'notYet']);

/** Patterns that the picture is filled with, for the whole page. */
export function Patterns() {
  return (
    <defs>
      <pattern id="fd" width="8" height="8" patternUnits="userSpaceOnUse">
        <rect width="8" height="8" fill="var(--fdbg)" />
        <path d="M-2 2l4-4M0 8l8-8M6 10l4-4" stroke="var(--fd)" stroke-width="2" />
      </pattern>
      <pattern id="nv" width="10" height="10" patternUnits="userSpaceOnUse">
        <rect width="10" height="10" fill="var(--pane)" />
        <circle cx="3" cy="3" r="1.1" fill="var(--mut)" />
        <circle cx="8" cy="8" r="1.1" fill="var(--mut)" />
      </pattern>
      <pattern id="al" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect width="6" height="6" fill="var(--pane)" />
        <rect width="3" height="6" fill="var(--alt)" />
      </pattern>
      <pattern id="df" width="6" height="6" patternUnits="userSpaceOnUse">
        <path d="M0 3h6M3 0v6" stroke="var(--ink)" stroke-width="1.2" />
      </pattern>
    </defs>
  );
}

export function Legend({ marks }: { marks: readonly Mark[] }) {
  const order = Object.keys(MARKS) as Mark[];
  return (
    <ul class="legend" aria-label="marks in the picture">
      {order
        .filter((mark) => marks.includes(mark))
        .map((mark) => (
          <li key={mark}>
            <svg width="18" height="14" aria-hidden="true">
              <rect
                x="0.5"
                y={BARS.has(mark) ? 4 : 0.5}
                width="17"
                height={BARS.has(mark) ? 7 : 13}
                fill={FILLS[mark]}
                stroke={mark === 'old' ? 'var(--bad)' : 'var(--mut)'}
                {...(DASHED.has(mark) || mark === 'old' ? { 'stroke-dasharray': '3 2' } : {})}
              />
            </svg>
            {MARKS[mark]}
          </li>
        ))}
    </ul>
  );
}
