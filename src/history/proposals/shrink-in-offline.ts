// SPDX-License-Identifier: GPL-2.0-only

import type { Proposal } from './proposal.js';

export const shrinkInOffline: Proposal = {
  name: 'shrink-in-offline',
  title: 'Zones shrink in offline_pages(), and "has no altmap" stands for "is system memory"',
  posted: 'RFC, August 2018',
  base: '4.18',
  edits: {
    shrinkSpanAtOffline: true,
    spanSearchUsesOnlinePages: true,
    unmapReleasesResource: true,
  },
  objection:
    'There are devices without an altmap, such as private memory, whose range in the iomem tree is not the kernel’s to release; and pages of devices are never online, so the search for the end of their zone finds none.',
  landed: 'v5.4 and v5.5: zones shrink when memory goes offline, spans of devices do not shrink at all',
  page: 'shrink-in-offline.md',
};
