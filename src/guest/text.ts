// SPDX-License-Identifier: GPL-2.0-only

import type { Command } from './commands.js';
import type { Look } from './looks.js';
import type { Recipe, RecipeFinding, RecipeStep } from './recipe.js';

/** A recipe for people. */

const PROMPTS: Readonly<Record<Command['where'], string>> = { monitor: '(qemu) ', guest: '# ' };
const INDENT = '  ';

const commandLines = ({ where, line }: Command): string => `${INDENT}${PROMPTS[where]}${line}`;

const lookLines = (look: Look): string[] => [
  commandLines(look),
  ...(look.when === 'before'
    ? [`${INDENT}    ${look.broken}`]
    : [`${INDENT}    broken: ${look.broken}`, `${INDENT}    fine:   ${look.fine}`]),
];

/** Looks that several findings share are made once, and tell what each of them shows. */
function distinct(looks: readonly Look[]): Look[] {
  const byLine = new Map<string, Look>();
  for (const look of looks) {
    const key = `${look.when} ${look.line}`;
    const known = byLine.get(key);
    const broken =
      known === undefined || known.broken === look.broken ? look.broken : `${known.broken}; ${look.broken}`;
    byLine.set(key, { ...look, broken });
  }
  return [...byLine.values()];
}

function returnText({ returns, commands }: RecipeStep): string[] {
  if (commands.length === 0) return [`${INDENT}nothing to type: the guest’s kernel has done it with the step before`];
  if (returns === 'BUG') return [`${INDENT}the model’s kernel stops here`];
  return typeof returns === 'number' && returns < 0 ? [`${INDENT}the model’s kernel fails with errno ${-returns}`] : [];
}

function stepLines(step: RecipeStep): string[] {
  const looks = distinct(step.looks);
  return [
    `step ${step.step + 1}  ${step.text}`,
    ...looks.filter(({ when }) => when === 'before').flatMap(lookLines),
    ...step.commands.map(commandLines),
    ...returnText(step),
    ...looks.filter(({ when }) => when === 'after').flatMap(lookLines),
    ...step.leaves.map((leaf) => `${INDENT}model: ${leaf}`),
    '',
  ];
}

function findingLine({ step, invariant, text, onGuest, canBeSeen }: RecipeFinding): string {
  const head = `${INDENT}step ${step + 1}  ${invariant}: `;
  if (onGuest === undefined) return `${head}does not show on this guest; in the scenario ${text}`;
  return `${head}${onGuest}${canBeSeen ? '' : '; no command shows it, a debugger on the kernel does'}`;
}

/** The recipe as text; `#` stands before what a root shell of the guest takes, `(qemu)` before what the monitor takes. */
export function recipeText({ kernel, host, qemu, setup, steps, findings, ptdump }: Recipe): string {
  return [
    'kernel',
    ...(kernel.debian === undefined ? [] : [`${INDENT}Debian package ${kernel.debian}; or`]),
    `${INDENT}Linux ${kernel.release}, ${kernel.source}, with`,
    ...kernel.options.map((option) => `${INDENT}  ${option}`),
    ...kernel.needs.map((need) => `${INDENT}  ${need}`),
    `${INDENT}initrd.gz has a shell as root, with proc, sysfs, devtmpfs and debugfs mounted, busybox, kmod, ndctl and daxctl`,
    '',
    'start; Ctrl-a c leads from the console to the monitor and back',
    ...[...host, qemu].map((line) => `${INDENT}$ ${line}`),
    ...setup.map(commandLines),
    '',
    ...steps.flatMap(stepLines),
    'findings',
    ...(findings.length === 0 ? [`${INDENT}none: each step leaves the leaves that the model has`] : []),
    ...findings.map(findingLine),
    ...(ptdump === undefined
      ? []
      : [
          `${INDENT}all leaves at once: ${ptdump}, compared by vmemmap dump --compare with the scenario that --scenario writes`,
        ]),
  ].join('\n');
}
