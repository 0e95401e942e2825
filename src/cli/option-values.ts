// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';

/** What options may be, with the complaint where they are not. */

/** A count from 1 on. @param what the things that are counted */
export const whole = (what: string, max: number) =>
  z.coerce
    .number({ error: `allowed are whole ${what} from 1 to ${max}` })
    .int(`allowed are whole ${what} from 1 to ${max}`)
    .min(1, `allowed are whole ${what} from 1 to ${max}`)
    .max(max, `allowed are whole ${what} from 1 to ${max}`);

/** Some of a list of names. */
export const choices = <T extends string>(names: readonly [T, ...T[]]) =>
  z.array(z.enum(names, { error: `allowed are ${names.join(', ')}` }));
