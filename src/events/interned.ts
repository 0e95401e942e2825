// SPDX-License-Identifier: GPL-2.0-only

/** A list in which equal values stand once. */
export class Interned<T> {
  readonly values: T[] = [];
  private readonly places = new Map<string, number>();

  /** The place of a value; it is added if it is new. */
  place(value: T): number {
    const key = JSON.stringify(value);
    let place = this.places.get(key);
    if (place === undefined) {
      place = this.values.push(value) - 1;
      this.places.set(key, place);
    }
    return place;
  }
}
