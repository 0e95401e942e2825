// SPDX-License-Identifier: GPL-2.0-only

/** The browser that the page is tested and photographed in. */

export const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Without a screen, without rights of its own, and without a word to the network. */
export const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
