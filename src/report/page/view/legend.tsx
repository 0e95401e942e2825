// SPDX-License-Identifier: GPL-2.0-only

/** What colours and hatchings mean. */

const ENTRIES = [
  ['active', 'section in use'],
  ['given', 'what the step is about'],
  ['leaf from-buddy', 'page allocator'],
  ['leaf from-altmap', 'altmap'],
  ['leaf from-boot', 'boot memory'],
  ['unused', '0xFD: describes no memory'],
  ['deferred', 'unused, not yet written'],
  ['hole', 'hole: memmap in use that nothing maps'],
  ['leaf from-buddy is-wrong', 'leak, freed or blamed'],
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
