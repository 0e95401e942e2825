// SPDX-License-Identifier: GPL-2.0-only

/** Which rooms of arch/ are put to the test: those that MUTATION_ROOMS names, with commas between; all if it is not set. */
const ROOMS = process.env['MUTATION_ROOMS']?.split(',');

/** Whether something belongs to one of the rooms, by a name that holds its architecture's. */
export const isAsked = (name: string): boolean => ROOMS === undefined || ROOMS.some((room) => name.includes(room));
