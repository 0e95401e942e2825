// SPDX-License-Identifier: GPL-2.0-only

/** What colours and hatchings mean. */

const ENTRIES = [
  ['active', 'section in use'],
  ['given', 'what the step is about'],
  ['leaf from-buddy', 'page allocator'],
  ['leaf from-altmap', 'altmap'],
  ['leaf from-boot', 'boot memory'],
  ['unused', 'bytes 0xFD: marked unused'],
  ['deferred', 'unused, not yet written'],
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
