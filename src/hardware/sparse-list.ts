// SPDX-License-Identifier: GPL-2.0-only

/** log2 of the places in a part of the list. */
const PART_SHIFT = 10;
const PART_LENGTH = 1 << PART_SHIFT;

/**
 * A list whose few elements may lie anywhere below 2^30: a machine has memory in two or three places, terabytes apart. Making
 * one, and an element far out, costs about as much as one at the beginning.
 */
export class SparseList<T> {
  /** Places of the elements in the order that they came. */
  readonly places: number[] = [];
  private readonly parts: (T[] | undefined)[] = [];

  /** @param place a whole number; what is no place has no element */
  get(place: number): T | undefined {
    return this.parts[place >>> PART_SHIFT]?.[place & (PART_LENGTH - 1)];
  }

  /** Puts an element where there was none. */
  add(place: number, element: T): T {
    const { parts } = this;
    const at = place >>> PART_SHIFT;
    while (parts.length <= at) parts.push(undefined);
    const part = (parts[at] ??= []);
    part[place & (PART_LENGTH - 1)] = element;
    this.places.push(place);
    return element;
  }
}
