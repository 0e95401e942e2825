// SPDX-License-Identifier: GPL-2.0-only

import type { Finding } from '../../check/checked-run.js';
import type { Stretch } from '../../events/event.js';
import { booksWrong, inBooks } from './books.js';
import { othersChanged, wrongWrite } from './changes.js';
import { capital, type Evidence, type Part, type Scene, type Told, withFrames } from './evidence.js';
import { framesLost, notOfAltmap, stillReached, wrongFree } from './frames.js';
import { hole, leafStays, neverMade } from './leaves.js';
import { complained, stopped } from './stops.js';

/** How the findings of each invariant are told; others speak for themselves. */
const TOLD: Readonly<Record<string, (evidence: Evidence) => Part>> = {
  'no-crash': stopped,
  'no-hole': hole,
  'no-leak': (evidence) => (evidence.place === undefined ? framesLost(evidence) : leafStays(evidence)),
  'right-owner': wrongFree,
  'altmap-books': booksWrong,
  'no-cross-talk': othersChanged,
  'roll-back': (evidence) => (evidence.place === undefined ? {} : leafStays(evidence)),
  'no-warning': complained,
  'add-succeeds': (evidence) => ({ ...neverMade(evidence), headline: evidence.finding.text }),
  'altmap-serves': notOfAltmap,
  'large-leaves': neverMade,
  'flush-before-free': stillReached('free'),
  'flush-before-reuse': stillReached('alloc'),
  'iommu-told-before-free': stillReached('free'),
  'no-transient-hole': wrongWrite,
  'hardware-rules': wrongWrite,
  'zone-spans': inBooks('zones'),
  'pages-present': inBooks('zones'),
  'driver-regions': inBooks('iomem'),
  'boot-resources': inBooks('iomem'),
  'block-references': inBooks('blocks'),
  'offline-succeeds': inBooks('blocks'),
  counters: inBooks('lines'),
  'section-state': inBooks('lines'),
  'parameter-reads-back': inBooks('lines'),
  'counts-what-is-used': inBooks('lines'),
};

/** Tells a finding. @param place where in the vmemmap it is, if it is at a place */
export function tellFinding(scene: Scene, finding: Finding, place: Stretch | undefined): Told {
  const evidence: Evidence = { ...scene, finding, place, frames: finding.frames ?? [] };
  const part = TOLD[finding.invariant]?.(evidence) ?? {};
  const last = (scene.timeline.recording.steps[finding.step]?.length ?? 0) - 1;
  return {
    headline: part.headline ?? capital(withFrames(finding.text)),
    cause: part.cause ?? '',
    blamed: part.blamed ?? (place === undefined ? [] : [place]),
    event: part.event ?? last,
    chain: part.chain ?? [],
    function: part.function ?? null,
    books: part.books ?? null,
  };
}
