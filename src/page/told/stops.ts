// SPDX-License-Identifier: GPL-2.0-only

import { address, withAddresses } from '../../events/words.js';
import { hex } from '../../hardware/hex.js';
import { called, decidedBy, inFinding, inOrder, lengthOf, rangeOf, type Evidence, type Part } from './evidence.js';

/** Warnings and stops: what the kernel says itself. */

/** The kernel's own words. */
export function complained(evidence: Evidence): Part {
  const { finding } = evidence;
  if (finding.kind !== 'warning') return {};
  const warning = inFinding(evidence).find(
    ({ event }) => event.what === 'warn' && event.mishap.kind === 'warn' && event.mishap.text === finding.warning,
  );
  const headline = `The kernel warns: ${finding.warning}`;
  if (warning === undefined) return { headline };
  const given = evidence.given[evidence.finding.step];
  return {
    headline,
    cause: `${called(evidence, warning)} warns.`,
    blamed: given == null ? [] : [given],
    ...decidedBy(evidence, warning),
    chain: [{ at: warning.at, text: `${called(evidence, warning)} warns` }],
  };
}

export function stopped(evidence: Evidence): Part {
  const here = inFinding(evidence);
  const stop = here.find(({ event }) => event.what === 'stop');
  if (stop?.event.what !== 'stop') return {};
  const name = called(evidence, stop);
  const before = here[stop.at[1] - 1];
  const range = before === undefined ? undefined : rangeOf(before);
  const write = before?.event.what === 'memset' || before?.event.what === 'initialise' ? range : undefined;
  const given = evidence.given[evidence.finding.step];
  const blamed = write ?? given ?? undefined;
  return {
    headline: `The kernel stops: ${withAddresses(evidence.geometry, stop.event.text)}`,
    cause: `In ${name}.`,
    blamed: blamed === undefined ? [] : [blamed],
    ...decidedBy(evidence, stop),
    chain: inOrder([
      ...(before === undefined || write === undefined
        ? []
        : [
            {
              at: before.at,
              text: `${called(evidence, before)} writes ${hex(lengthOf(write))} bytes from ${address(evidence.geometry, write[0])} on`,
            },
          ]),
      { at: stop.at, text: `the kernel stops in ${name}` },
    ]),
  };
}
