// SPDX-License-Identifier: GPL-2.0-only

import { inOnePiece, type GuestMachine } from '../guest-machine.js';

/** Where the virt machine's RAM begins. */
const VIRT_RAM_START = 2 ** 30;

/** The option that chooses a page size, by its bytes. */
const PAGE_SIZE_OPTIONS: Readonly<Record<number, string>> = {
  4096: 'CONFIG_ARM64_4K_PAGES=y',
  16384: 'CONFIG_ARM64_16K_PAGES=y',
  65536: 'CONFIG_ARM64_64K_PAGES=y',
};

export const GUEST: GuestMachine = {
  program: 'qemu-system-aarch64',
  machine: 'virt,gic-version=3',
  accel: 'tcg,tb-size=256',
  // The A57 has no 16K granule.
  cpu: ({ pageSize, vaBits }) => (vaBits === 52 ? 'max' : pageSize === 16384 ? 'cortex-a76' : 'cortex-a57'),
  more: ['-bios QEMU_EFI.fd'],
  console: 'ttyAMA0',
  image: 'vmlinuz',
  ...inOnePiece(VIRT_RAM_START),
  ptdump: 'kernel_page_tables',
  nvdimm: true,
  virtioPmem: false,
  virtioMem: true,
  onlinesItself: false,
  acpiDimms: true,
  memoryBlockSize: ({ sectionSizeBits }) => 2 ** sectionSizeBits,
  kernel: {
    debian: {
      '6.1.192': { 4096: '6.1.0-50-arm64' },
      '6.12.117': { 4096: '6.12.117+deb12-arm64', 16384: '6.12.117+deb12-arm64-16k' },
    },
    debianHasDimms: false,
    geometryOption: ({ pageSize }) => PAGE_SIZE_OPTIONS[pageSize],
    alignsStructPage: true,
  },
};
