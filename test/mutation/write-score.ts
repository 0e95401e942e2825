// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { scored, totalOf, type FileScore, type Score } from './score.js';

/** Writes score.json from the report that Stryker leaves. */

const ROOT = join(import.meta.dirname, '..', '..');
const REPORT = join(ROOT, 'node_modules', '.cache', 'mutation', 'report.json');
const COMMAND = process.env['MUTATION_STATIC'] === 'no' ? 'MUTATION_STATIC=no npm run mutation' : 'npm run mutation';

const reportSchema = z.object({
  framework: z.object({ name: z.string(), version: z.string() }),
  files: z.record(z.string(), z.object({ mutants: z.array(z.object({ status: z.string() })) })),
});

const { framework, files } = reportSchema.parse(JSON.parse(readFileSync(REPORT, 'utf8')));

const scores = Object.entries(files)
  .map(([file, { mutants }]): [string, FileScore] => {
    const count = (status: string): number => mutants.filter((mutant) => mutant.status === status).length;
    const [killed, timeout, survived] = [count('Killed'), count('Timeout'), count('Survived')];
    return [file, scored({ killed, timeout, survived, noCoverage: count('NoCoverage') })];
  })
  .filter(([, { mutants }]) => mutants > 0)
  .sort(([a], [b]) => (a < b ? -1 : 1));

const score: Score = {
  tool: `${framework.name} ${framework.version}`,
  command: COMMAND,
  total: totalOf(scores.map(([, counts]) => counts)),
  files: Object.fromEntries(scores),
};
writeFileSync(join(import.meta.dirname, 'score.json'), `${JSON.stringify(score, null, 2)}\n`);
console.log(`${score.total.score} % of ${score.total.mutants} mutants die`);
