// SPDX-License-Identifier: GPL-2.0-only

/** Light or dark: as the system says, or as somebody chose, remembered where the browser lets a page remember. */

const KEY = 'vmemmap-theme';

export function restoreTheme(): void {
  try {
    const theme = localStorage.getItem(KEY);
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
  } catch {
    // A page from disk may keep nothing.
  }
}

export function toggleTheme(): void {
  const { dataset } = document.documentElement;
  const isDark =
    dataset['theme'] === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : dataset['theme'] === 'dark';
  const theme = isDark ? 'light' : 'dark';
  dataset['theme'] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A page from disk may keep nothing.
  }
}
