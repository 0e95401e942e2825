// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import {
  arch,
  bugName,
  count,
  counts,
  flag,
  named,
  orNull,
  release,
  scenario,
  stepIndex,
  text,
  texts,
  whole,
} from './fields.js';
import { finding } from './finding.js';

/** What is printed of releases, and of what they differ in: diff, bisect, kernel, repro, test. */

const difference = {
  first: z
    .object({
      step: stepIndex,
      event: count('Index of the event in the run, from 0.'),
      before: texts('The last events in common.'),
      from: orNull('What the one kernel does next; null where it does nothing more.'),
      to: orNull('What the other kernel does next.'),
    })
    .optional()
    .describe('Where they part; absent where both do the same.'),
  steps: z
    .array(
      z.array(
        z.object({
          field: text('A field of the state.'),
          from: z.unknown().describe('What the one kernel has there.'),
          to: z.unknown().describe('What the other kernel has there.'),
        }),
      ),
    )
    .describe('By step, the fields in which the states differ.'),
};
const both = { from: text('One release.'), to: text('The other release.') };

export const diff = z.object({ schema: named('vmemmap/diff/v1'), ...both, ...difference });

export const diffSearch = z.object({
  schema: named('vmemmap/diff-search/v1'),
  ...both,
  found: z
    .array(
      z.object({
        scenario,
        ...difference,
        functions: z
          .array(z.string().nullable())
          .length(2)
          .describe('The innermost function that was running where they part, on either kernel; null where none was.'),
      }),
    )
    .describe('Kinds of differences, each by its shortest sequence.'),
  machines: z
    .array(
      z.object({
        name: text('The machine.'),
        steps: count('Steps that were run.'),
        states: count('States that are not alike.'),
        otherWays: count('Steps that leave the same by another way.'),
      }),
    )
    .describe('What was searched.'),
  leftOut: texts('Machines that one of the kernels does not have, and why.'),
});

/** From which patch level on stable series have a change; `by` where it may be in earlier ones. */
const stableLevels = (words: string) =>
  z
    .record(z.string(), z.union([z.int(), z.object({ by: count('It is in this patch level, and perhaps earlier.') })]))
    .describe(words)
    .optional();
const stableChanges = {
  backported: stableLevels('Patch levels at which stable series took over what began it, by series.'),
  endedIn: stableLevels('Patch levels at which stable series took over what ended it, by series.'),
};

const trait = {
  name: text('A change of behaviour.'),
  since: text('The change that brought it.'),
  from: text('The first mainline release that has it.'),
  until: text('The first mainline release that has it no more.').optional(),
  ended: text('The change that ended it.').optional(),
  effect: text('What it changes.'),
  confidence: text('How its releases are known: source, memory, derived or inferred.'),
  read: texts('Trees in whose source it was read.').optional(),
  ...stableChanges,
};

export const bisect = z.object({
  schema: named('vmemmap/bisect/v1'),
  expect: text('The expectation that is asked.'),
  turns: z
    .array(
      z.object({
        good: text('The release on which it holds.'),
        bad: text('The release next to it on which it breaks.'),
        trait: orNull('The change that makes the difference.'),
        commit: orNull('Its commit, as far as it is known.'),
        culprits: z
          .array(z.object({ ...trait, change: text('The change between the two releases.') }))
          .describe('All changes that make the difference alone.'),
        finding: finding.describe('What breaks.'),
      }),
    )
    .describe('Where the scenario begins or ceases to break the expectation.'),
  releases: z
    .array(z.object({ release, outcome: text('holds, broken or untestable.') }))
    .describe('What each release makes of the scenario, oldest first.'),
});

const traitRow = z.object({
  ...trait,
  known: text('How its releases are known, with bracketed where releases next to each other were proved to differ.'),
  evidence: z
    .object({
      recorded: texts('Trees whose functions were recorded, which tells.'),
      booted: texts('Releases that were booted and read from outside, which tells.'),
      read: texts('Trees in whose source it was read.'),
    })
    .describe('Releases of which it is proved whether they have it.'),
});

const proposal = z.object({
  name: text('Its name, behind "proposal/".'),
  title: text('One line.'),
  posted: text('When, and what it was called.'),
  base: text('The mainline release that it was made for.'),
  edits: z.record(z.string(), z.boolean()).describe('Traits that it gives or takes, by their keys.'),
  objection: text('What was said against it.'),
  landed: text('What came of it.'),
  page: text('The file of its page.'),
});

const kernelTree = z.object({
  path: text('Path of the tree.'),
  version: text('Version in its Makefile.'),
  nearest: text('The release that is nearest.'),
});

const releaseRow = z.object({
  name: release,
  mainline: text('The mainline release that it descends from.'),
  patch: count('Patch level of a stable release, 0 for a mainline release.'),
  remark: text('What its name leaves open, or what is not known of it.').optional(),
  proposal: proposal.describe('The proposal, where it is one.').optional(),
  edits: z.record(z.string(), z.boolean()).describe('Traits that it is said to have or to lack, by key.').optional(),
  tree: kernelTree.describe("The user's tree, where it is one.").optional(),
  backports: texts('Keys of traits in which it differs from its mainline release.'),
  traits: texts('Names of the traits that it has.'),
});

const traitRows = (words: string) => z.array(traitRow).describe(words);

export const kernel = z.object({
  schema: named('vmemmap/kernel/v1'),
  releases: z.array(releaseRow).describe('All releases, or the one that was asked for.'),
  proposals: z.array(proposal).describe('Changes that were posted and did not land as posted.').optional(),
  traits: traitRows('All traits, or those of the release.'),
});

export const kernelDifference = z.object({
  schema: named('vmemmap/kernel-difference/v1'),
  ...both,
  gained: traitRows('Traits that the other has and the one has not.'),
  lost: traitRows('Traits that the one has and the other has not.'),
});

export const kernelTrait = z.object({
  schema: named('vmemmap/kernel-trait/v1'),
  trait: traitRow.describe('The trait.'),
  release: text('The release that shows it, where some scenario does.').optional(),
  scenario: scenario.describe('The shortest scenario in which the release does otherwise than without it.').optional(),
  unseen: text('Why no scenario shows it.').optional(),
});

export const kernelUnproved = z.object({
  schema: named('vmemmap/kernel-unproved/v1'),
  traits: z
    .array(
      traitRow.extend({
        unproved: z
          .object({
            behaviour: flag('No release that has it was recorded, booted, or read.'),
            releases: flag('The releases at which it begins or ends are remembered or worked out.'),
          })
          .describe('What is not proved.'),
      }),
    )
    .describe('Traits that rest on memory or inference alone.'),
});

export const kernelProved = z.object({
  schema: named('vmemmap/kernel-proved/v1'),
  releases: z
    .array(
      z.object({
        release: text('A mainline release.'),
        architectures: z
          .record(
            z.string(),
            z.object({
              how: z.enum(['recorded', 'booted', 'bracketed', 'derived']).describe('How it is known.'),
              by: texts('The releases of its series that were recorded or booted.').optional(),
              rows: texts('Keys of traits whose value there is not held from both sides.').optional(),
            }),
          )
          .describe('How it is known what it does, by architecture.'),
      }),
    )
    .describe('Mainline releases, oldest first.'),
});

const ranges = z
  .array(z.object({ from: text('First mainline release.'), until: text('The first that has it no more.').optional() }))
  .describe('Mainline releases that the entry says have it.');

const verdict = z.object({
  release,
  structPageSize: count('sizeof(struct page), bytes.'),
  expected: flag('The entry says that the release has it.'),
  actual: z.boolean().nullable().describe('The release shows it; null where it cannot run the scenario.'),
  text: orNull('The finding that shows it, or why it could not be run.'),
  ok: flag('The release does as the entry says.'),
});

/** What a list of the catalogue and an entry that was played both say. */
const bugFacts = {
  ...bugName.shape,
  title: text('One line.'),
  arch,
  structPageSizes: whole('Sizes of struct page that show it, bytes.'),
  ...stableChanges,
  fix: text('The change that ended it; open if nothing has.'),
  confidence: text('How it is known.'),
};

const listedBug = z.object({ ...bugFacts, present: ranges });

const bugHere = z.object({
  ...bugFacts,
  present: ranges,
  finding: orNull('What its steps bring on the machine; null where they show it with another struct page only.'),
  endedBy: orNull('The next release that has it no more; null where none is.'),
});

const playedBug = z.object({
  ...bugFacts,
  scenario,
  symptom: z
    .object({
      step: stepIndex,
      breaks: text('The invariant or expectation that the step breaks.'),
      complains: z
        .object({
          kind: text('The kind of the finding.'),
          level: text('The level that it is about.').optional(),
          warning: text('What the kernel warns of.').optional(),
        })
        .describe('What the finding is, where the step may break the statement in another way, too.')
        .optional(),
    })
    .describe('How it shows.'),
  explanation: text('What goes wrong and why.'),
  source: text('Where it was reported or read.'),
  seen: text('What a booted kernel showed.').optional(),
  toConfirm: text('What a person would do to see it.').optional(),
  present: texts('Releases that show it.'),
  fixed: texts('Releases that can run the scenario and do not show it.'),
  untestable: texts('Releases that cannot run the scenario.'),
  failures: z.array(verdict).describe('Releases that do not do as the entry says.'),
  ok: flag('All releases do as the entry says.'),
});

export const repro = z.object({
  schema: named('vmemmap/repro/v1'),
  kernel: text('The release of the machine whose entries are listed.').optional(),
  bugs: z
    .array(z.union([playedBug, bugHere, listedBug]))
    .describe('Entries: those that were played say what releases show.'),
  bad: text('The release on which one entry was played.').optional(),
  good: orNull('A release that has it not; null where none can run it.').optional(),
  difference: z.object(difference).describe('Where the two part.').optional(),
});

export const test = z.object({
  schema: named('vmemmap/test/v1'),
  kernel: text('The kernel on trial.'),
  tree: kernelTree.nullable().describe('Its tree, where it is one.'),
  against: orNull('The kernel that it is compared with.'),
  depth: count('Steps of the longest sequence.'),
  sections: count('Neighbouring sections that come and go.'),
  counts: counts('Results by outcome.'),
  parts: z
    .array(
      z.object({
        part: text('catalogue, audit, exploration or difference.'),
        results: z
          .array(
            z.object({
              name: text('What was tried.'),
              outcome: z
                .enum(['passed', 'failed', 'known', 'gone', 'skipped'])
                .describe('What came of it; only failed is news.'),
              text: text('What was seen, or why nothing was tried.'),
              entries: z.array(bugName).describe('Entries of the catalogue that are seen in it.'),
              scenario: scenario.optional(),
            }),
          )
          .describe('What came of each test.'),
      }),
    )
    .describe('What was tried.'),
});
