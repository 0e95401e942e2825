// SPDX-License-Identifier: GPL-2.0-only

import type { BadFree } from '../hardware/page-allocator.js';

/** A BUG(): the kernel stops at this point. */
export class KernelBug extends Error {
  override readonly name = 'KernelBug';
}

/** What lines of the log begin with that are no violation. */
export const LOG_LINE = 'log:';

const NOTHING_SAID: readonly string[] = [];

/** What a kernel should never do, as this one did it. */
export class KernelLog {
  /** Who listens, if anybody. */
  observer: { warn(text: string): void } | null = null;
  private current: string[] = [];
  private readonly once = new Set<string>();
  private readonly underflows = new Set<string>();

  /** @param repeatsOnce warnings that a kernel gives once are given each time: recordings of conditions list them so */
  constructor(private readonly repeatsOnce = false) {}

  /** WARN(): a warning each time. */
  warn(text: string): void {
    this.say(`warn:${text}`);
  }

  /** WARN_ON_ONCE(): a warning the first time. The text of a bare one is the function's name. */
  warnOnce(text: string): void {
    if (this.once.has(text) && !this.repeatsOnce) return;
    this.once.add(text);
    this.warn(text);
  }

  /** pr_warn(), pr_err(): a line that is no warning with a backtrace. */
  print(text: string): void {
    this.current.push(`${LOG_LINE}${text}`);
  }

  /** A struct page is read that nobody initialised. */
  uninitialised(pfn: number): void {
    this.current.push(`uninitialised-struct-page:${pfn.toString(16)}`);
  }

  /** A page given to the page allocator that does not have it out. */
  readonly badFree = (bad: BadFree): void => {
    this.say(`${bad.kind}:${bad.pfn.toString(16)}`);
  };

  /** More pages freed into an altmap than were taken from it; said once an altmap and step. */
  altmapUnderflow(name: string): void {
    if (this.underflows.has(name)) return;
    this.underflows.add(name);
    this.say(`altmap-underflow:${name}`);
  }

  /** Warnings that were given and will not be given again. */
  get onceGiven(): ReadonlySet<string> {
    return this.once;
  }

  /** The log as it was when these warnings had been given, and nothing since the last {@link take}. */
  restore(onceGiven: Iterable<string>): void {
    this.take();
    if (this.once.size > 0) this.once.clear();
    for (const text of onceGiven) this.once.add(text);
  }

  private say(text: string): void {
    this.current.push(text);
    if (this.observer !== null) this.observer.warn(text);
  }

  /** Violations since the last call, in order. */
  take(): readonly string[] {
    const taken = this.current;
    if (taken.length === 0) return NOTHING_SAID;
    this.current = [];
    this.underflows.clear();
    return taken;
  }
}
