// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { ArchConfiguration, Architecture } from '../../arch/architecture.js';
import { sizeText } from '../report/text.js';
import { ARCHITECTURES, findArchitecture } from '../scenario/names.js';
import { EXIT_OK } from './exit-codes.js';
import { outputText, writeResult } from './output.js';
import { styled } from './terminal.js';

function configurationLines(c: ArchConfiguration): string[] {
  const levels = c.levels.map(({ name, bits }) => `${name} ${bits}`).join('  ');
  return [
    `  ${styled('bold', c.title)}`,
    `    page ${sizeText(c.pageSize)}, section ${sizeText(2 ** c.sectionSizeBits)}, leaves ${c.leafSizes.map(sizeText).join(' or ')}`,
    `    index bits, root first: ${levels || 'no page table maps the vmemmap'}`,
    `    vmemmap ${hex(c.vmemmapBase)}`,
    `    ground truth: ${c.groundTruth}`,
  ];
}

const architectureLines = (a: Architecture): string[] => [
  `${styled('bold', a.name)}  struct page of ${a.structPageSizes.join(', ')} bytes`,
  ...a.configurations.flatMap(configurationLines),
];

/** `vmemmap arch`. Returns the exit code. */
export function arch(name: string | undefined, options: { json?: true }): number {
  const architectures = name === undefined ? ARCHITECTURES : [findArchitecture(name, 'the architecture')];
  if (options.json) {
    const table = architectures.map(({ name, structPageSizes, configurations }) => ({
      name,
      structPageSizes,
      configurations: configurations.map((c) => ({ ...c, vmemmapBase: hex(c.vmemmapBase) })),
    }));
    writeResult(outputText({ schema: 'vmemmap/arch/v1', architectures: table }), undefined);
  } else {
    writeResult(architectures.map((a) => architectureLines(a).join('\n')).join('\n\n'), undefined);
  }
  return EXIT_OK;
}
