// SPDX-License-Identifier: GPL-2.0-only

import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collect, exploreWorld } from '../../src/explore/campaign/campaign.js';
import { OtherCampaignError, Progress } from '../../src/explore/campaign/progress.js';
import { campaignWorlds } from '../../src/explore/campaign/worlds.js';

/** What a campaign keeps of the worlds that are done. */

const STATES = 20;
const worlds = campaignWorlds().filter(({ name }) => name.startsWith('x86_64 4K sp56 7.3 '));
const found = worlds.map((world) => exploreWorld(world, STATES));
const progressAt = (): string => join(mkdtempSync(join(tmpdir(), 'vmemmap-progress-')), 'results.json.progress');

describe('the progress of a campaign', () => {
  test('is there again when it is started anew, and what comes of it is the same', () => {
    const path = progressAt();
    const first = new Progress(path, STATES);
    for (const world of found.slice(0, 2)) first.add(world);
    const second = new Progress(path, STATES);
    expect([...second.done.keys()]).toEqual(worlds.slice(0, 2).map(({ name }) => name));
    for (const world of found.slice(2)) second.add(world);
    const third = new Progress(path, STATES);
    expect(collect([...third.done.values()])).toEqual(collect(found));
    third.remove();
    expect(existsSync(path)).toBe(false);
  });

  test('leaves a world out that was not written to its end', () => {
    const path = progressAt();
    new Progress(path, STATES).add(found[0]!);
    const whole = readFileSync(path, 'utf8');
    appendFileSync(path, '{"result":{"name":"x86');
    expect(new Progress(path, STATES).done.size).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe(whole);
  });

  test('is not taken for that of a campaign with other limits', () => {
    const path = progressAt();
    new Progress(path, STATES);
    expect(() => new Progress(path, STATES + 1)).toThrow(OtherCampaignError);
    writeFileSync(path, 'something else');
    expect(() => new Progress(path, STATES)).toThrow(/something else/);
  });
});
