// SPDX-License-Identifier: GPL-2.0-only

import type { BadFree } from '../hardware/page-allocator.js';

/** A BUG(): the kernel stops at this point. */
export class KernelBug extends Error {
  override readonly name = 'KernelBug';
}

/** Something that a kernel says or does and should never have to. */
export type Mishap =
  /** WARN(): its text, which for a bare one is the function's name. */
  | { readonly kind: 'warn'; readonly text: string }
  /** A page is given to the page allocator that does not have it out. */
  | Readonly<BadFree>
  /** More pages are freed into an altmap than were taken from it. */
  | { readonly kind: 'altmap-underflow'; readonly altmap: string }
  /** A struct page is read that nobody initialised. */
  | { readonly kind: 'uninitialised-struct-page'; readonly pfn: number };

/** An entry of the kernel log: a mishap, or a line of pr_warn() or pr_err(), which is none. */
export type LogEntry = Mishap | { readonly kind: 'log'; readonly text: string };

/** A log entry as recordings have it. */
export function entryText(entry: LogEntry): string {
  switch (entry.kind) {
    case 'warn':
    case 'log':
      return `${entry.kind}:${entry.text}`;
    case 'altmap-underflow':
      return `${entry.kind}:${entry.altmap}`;
    default:
      return `${entry.kind}:${entry.pfn.toString(16)}`;
  }
}

export const isMishap = (entry: LogEntry): entry is Mishap => entry.kind !== 'log';

const NOTHING_SAID: readonly LogEntry[] = [];

/** The kernel log of the current step: warnings, bad frees, pr_warn() lines. */
export class KernelLog {
  /** Who listens, if anybody. */
  observer: {
    /** A warning or a bad free. */
    warn(mishap: Mishap): void;
  } | null = null;
  private current: LogEntry[] = [];
  private readonly once = new Set<string>();
  private readonly underflows = new Set<string>();

  /** @param repeatsOnce warnings that a kernel gives once are given each time: recordings of conditions list them so */
  constructor(private readonly repeatsOnce = false) {}

  /** WARN(): a warning each time. */
  warn(text: string): void {
    this.say({ kind: 'warn', text });
  }

  /** WARN_ON_ONCE(): a warning the first time. The text of a bare one is the function's name. */
  warnOnce(text: string): void {
    if (this.once.has(text) && !this.repeatsOnce) return;
    this.once.add(text);
    this.warn(text);
  }

  /** pr_warn(), pr_err(): a line that is no warning with a backtrace. */
  print(text: string): void {
    this.current.push({ kind: 'log', text });
  }

  /** A struct page is read that nobody initialised. */
  uninitialised(pfn: number): void {
    this.current.push({ kind: 'uninitialised-struct-page', pfn });
  }

  /** A page given to the page allocator that does not have it out. */
  readonly badFree = (bad: BadFree): void => {
    this.say(bad);
  };

  /** More pages freed into an altmap than were taken from it; said once an altmap and step. */
  altmapUnderflow(altmap: string): void {
    if (this.underflows.has(altmap)) return;
    this.underflows.add(altmap);
    this.say({ kind: 'altmap-underflow', altmap });
  }

  /** Warnings that were given and will not be given again. */
  get onceGiven(): ReadonlySet<string> {
    return this.once;
  }

  /** The log as it was when these warnings had been given, and nothing since the last {@link take}. */
  restore(onceGiven: readonly string[]): void {
    this.take();
    if (this.once.size > 0) this.once.clear();
    for (let i = 0; i < onceGiven.length; i++) this.once.add(onceGiven[i]!);
  }

  private say(mishap: Mishap): void {
    this.current.push(mishap);
    if (this.observer !== null) this.observer.warn(mishap);
  }

  /** Entries since the last {@link take}, in order. */
  get entries(): readonly LogEntry[] {
    return this.current;
  }

  /** Returns {@link entries} and empties the log. */
  take(): readonly LogEntry[] {
    const taken = this.current;
    if (taken.length === 0) return NOTHING_SAID;
    this.current = [];
    this.underflows.clear();
    return taken;
  }
}
