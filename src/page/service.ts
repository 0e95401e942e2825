// SPDX-License-Identifier: GPL-2.0-only

/** What the page and `vmemmap serve` say to each other. */

/** What a reader can choose from. */
export interface Offer {
  /** Releases and proposals. */
  kernels: string[];
  bugs: { name: string; title: string }[];
}

/** What a reader wants to see. */
export interface ReportRequest {
  scenarios: { name: string; text: string }[];
  /** Each scenario is run on each; on the one that it names if there is none. */
  kernels: string[];
  /** Entries of the catalogue, by name. */
  bugs: string[];
}
