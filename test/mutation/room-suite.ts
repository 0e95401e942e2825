// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a mutant of a room in arch/ has to survive, the sharpest first: it dies at the first test that fails. One file, so that
 * the modules under test are loaded once a mutant and not once a file.
 */
import './random-cases.js';
import '../arch/registration.test.js';
import '../arch/facts.test.js';
import '../cycles/profiles.test.js';
import '../kernel/decisions.test.js';
import '../kernel/entry-rows.test.js';
import '../arch/leaf-fields.test.js';
import '../arch/configurations.test.js';
import '../arch/names.test.js';
import '../arch/tree-configuration.test.js';
import '../cycles/figures.test.js';
import '../ptdump/words.test.js';
import '../guest/recipe.test.js';
import '../guest/command-line.test.js';
import '../guest/recorded.test.js';
import '../guest/ram.test.js';
import '../arch/machine-fields.test.js';
import '../plan/vmcoreinfo.test.js';
import '../plan/readers.test.js';
import '../plan/plan.test.js';
import '../mm/boot-memory.test.js';
import '../arch/x86_64.test.js';
import '../arch/arm64.test.js';
import '../arch/arm64-offline.test.js';
import '../arch/s390.test.js';
import '../arch/ppc64.test.js';
import '../arch/ppc64-blocks.test.js';
import '../arch/ppc64-compound.test.js';
import '../arch/ppc64-hash.test.js';
import '../arch/ppc64-ptdump.test.js';
import '../arch/riscv64.test.js';
import '../arch/loongarch64.test.js';
import './replay.js';
import '../arch/saved.test.js';
import './catalogue.js';
import '../check/translation-watch.test.js';
import '../ptdump/compare.test.js';
import '../ptdump/text.test.js';
