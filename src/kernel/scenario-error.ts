// SPDX-License-Identifier: GPL-2.0-only

/** The input contradicts itself or the machine, or asks for more than can be modelled. The message is one sentence. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}
