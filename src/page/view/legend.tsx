// SPDX-License-Identifier: GPL-2.0-only

/** What colours and hatchings mean. */

const ENTRIES = [
  ['active', 'section in use'],
  ['given', 'what the step is about'],
  ['leaf from-buddy', 'backed by the page allocator'],
  ['leaf from-altmap', 'by an altmap'],
  ['leaf from-boot', 'by boot memory'],
  ['unused', 'stripes: bytes hold 0xFD, marked unused; plain: in use, or never written'],
  ['deferred', 'dots: remembered as unused, 0xFD not written yet'],
  ['hole', 'hole: struct pages in use, not mapped'],
  ['leaf from-buddy is-wrong', 'a leak, or what a finding is about'],
] as const;

export function Legend() {
  return (
    <ul class="legend" aria-label="Legend">
      {ENTRIES.map(([kind, words]) => (
        <li key={kind}>
          <span class={`swatch ${kind}`} aria-hidden="true" />
          {words}
        </li>
      ))}
    </ul>
  );
}
