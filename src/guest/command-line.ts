// SPDX-License-Identifier: GPL-2.0-only

import { PHYSICAL_ADDRESS_LIMIT } from '../hardware/ram.js';
import { InputError } from '../scenario/input.js';
import { GUEST_ARCHITECTURES } from './guest-machine.js';

/**
 * A QEMU command line, and commands of its monitor behind it, as reports carry them: quoted as a shell quotes, over several
 * lines, with options in any order.
 */

/** An option with its words: "-device pc-dimm,id=d0" has the type "pc-dimm" and the value "d0" of "id". */
export interface QemuOption {
  /** "-device", or the monitor's command, such as "device_add". */
  readonly name: string;
  /** What stands before the first comma, where it has no "=". */
  readonly type: string;
  readonly values: ReadonlyMap<string, string>;
  /** The whole argument. */
  readonly text: string;
}

export interface QemuCommandLine {
  /** The program's name without its folder. */
  readonly program: string;
  readonly options: readonly QemuOption[];
  /** Commands of the monitor, in order. */
  readonly monitor: readonly QemuOption[];
}

const PROGRAM = /^(?:.*\/)?(qemu-system-\w+|qemu-kvm|kvm)$/;
const MONITOR = /^\s*(?:\(qemu\)\s*)?(object_add|device_add|device_del|qom-set)\s+(.*)$/;
/** What a shell takes for one word: pieces in quotes, and characters behind a backslash. */
const WORD = /(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/g;
const PIECE = /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|([^'"\\]+)/g;

const unquoted = (word: string): string =>
  word.replaceAll(PIECE, (_, single?: string, double?: string, escaped?: string, plain?: string) => {
    if (double !== undefined) return double.replaceAll(/\\(.)/g, '$1');
    return single ?? escaped ?? plain ?? '';
  });

/** "type,key=value,key=value"; a doubled comma is one that does not part. */
function parsed(name: string, text: string): QemuOption {
  const parts = text
    .replaceAll(',,', '\0')
    .split(',')
    .map((part) => part.replaceAll('\0', ','));
  const [first = ''] = parts;
  const type = first.includes('=') ? '' : first;
  const values = new Map(
    parts.flatMap((part): [string, string][] => {
      const at = part.indexOf('=');
      return at < 0 ? [] : [[part.slice(0, at), part.slice(at + 1)]];
    }),
  );
  return { name, type, values, text };
}

/** Options that stand for themselves. */
const FLAGS: ReadonlySet<string> = new Set([
  ...['-enable-kvm', '-nographic', '-nodefaults', '-no-reboot', '-no-shutdown', '-S', '-s', '-snapshot', '-no-acpi'],
  ...['-daemonize', '-no-user-config', '-sandbox', '-no-hpet', '-usb', '-only-migratable', '-preconfig'],
]);

/**
 * @param text the command line, and monitor commands each on a line of its own; what stands before the program is passed over
 * @param file what to call it in complaints
 * @throws InputError where no word is a QEMU program
 */
export function parseCommandLine(text: string, file: string): QemuCommandLine {
  const monitor: QemuOption[] = [];
  const lines = text
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .filter((line) => {
      const [, name, rest = ''] = MONITOR.exec(line) ?? [];
      if (name === undefined) return true;
      const words = (rest.match(WORD) ?? []).map(unquoted);
      monitor.push(name === 'qom-set' ? qomSet(words) : parsed(name, words[0] ?? ''));
      return false;
    });
  const words = (lines.join(' ').match(WORD) ?? []).map(unquoted);
  const at = words.findIndex((word) => PROGRAM.test(word));
  if (at < 0)
    throw new InputError(
      `${file}: it has no QEMU program; expected is a command line such as "${GUEST_ARCHITECTURES[0]!.guest.program} -m 4G …"`,
    );
  const options: QemuOption[] = [];
  for (let i = at + 1; i < words.length; i++) {
    const name = words[i]!.replace(/^--/, '-');
    if (!name.startsWith('-')) continue;
    const next = words[i + 1];
    const hasArgument = !FLAGS.has(name) && next !== undefined && !next.startsWith('-');
    options.push(parsed(name, hasArgument ? next : ''));
    if (hasArgument) i++;
  }
  return { program: PROGRAM.exec(words[at]!)![1]!, options, monitor };
}

/** "qom-set PATH PROPERTY VALUE". */
const qomSet = ([path = '', property = '', value = '']: readonly string[]): QemuOption => ({
  name: 'qom-set',
  type: path.replace(/^.*\//, ''),
  values: new Map([[property, value]]),
  text: [path, property, value].join(' '),
});

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };

/**
 * Bytes as QEMU reads them.
 * @param field what to call it in complaints
 * @param plain what a number without a unit counts
 * @throws InputError
 */
export function sizeOf(text: string, field: string, plain = 1): number {
  const [, digits, unit] = /^(0x[0-9a-f]{1,16}|\d{1,16}(?:\.\d{1,6})?)([bkmgtp]?)$/i.exec(text) ?? [];
  const bytes = digits === undefined ? NaN : Number(digits) * (unit === '' ? plain : UNITS[unit!.toLowerCase()]!);
  if (Number.isInteger(bytes) && bytes >= 0 && bytes <= PHYSICAL_ADDRESS_LIMIT) return bytes;
  throw new InputError(`${field} is "${text}"; it must be a size such as "4G" or "1024M"`);
}
