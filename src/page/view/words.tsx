// SPDX-License-Identifier: GPL-2.0-only

/** Prose in which addresses and kernel functions stand out. */

const CODE = /(0x[0-9a-f]+|\b[0-9a-f]{12,16}(?:-[0-9a-f]{12,16})?\b|\b\w+\(\)|\b[a-z]+_[a-z_]+\b(?:\([\w*]*\))?)/;

export function Words({ text }: { text: string }) {
  return <>{text.split(CODE).map((part, i) => (i % 2 === 0 ? part : <code key={i}>{part}</code>))}</>;
}
