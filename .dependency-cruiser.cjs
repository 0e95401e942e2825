/** Arrows point one way: cli -> page, guest, report -> explore, catalogue, audit, plan, recordings -> check -> scenario -> drivers -> mm + arch -> kernel -> hardware. */
/** Files of src/cli that are a command; program.ts alone opens them. */
const COMMANDS =
  'arch|bench|bisect|cpu|cycles|diff-search|diff|dump|explore|kernel|merge|plan|qemu|report|repro|run|scenario|schema|serve|story|trees|validate|verify|where';

/** Rooms that drive kernels. Nothing that makes up a kernel knows them. */
const CLIENTS =
  'src/(drivers|tree|scenario|check|ptdump|bench|recordings|audit|catalogue|explore|trial|plan|report|events|page|guest|cli)/';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'architectures-are-strangers',
      severity: 'error',
      from: { path: '^arch/([^/]+)/' },
      to: { path: '^arch/[^/]+/', pathNot: '^arch/$1/' },
    },
    {
      name: 'hardware-knows-nothing-of-linux',
      severity: 'error',
      from: { path: '^src/hardware/' },
      to: { path: '^(src/(?!hardware/)|arch/)' },
    },
    {
      name: 'mm-reaches-architectures-through-their-door',
      severity: 'error',
      from: { path: '^src/(mm|kernel)/' },
      to: { path: `^(arch/|${CLIENTS})` },
    },
    {
      name: 'architectures-do-not-know-who-uses-them',
      severity: 'error',
      from: { path: '^arch/[^/]+/' },
      to: { path: `^${CLIENTS}` },
    },
    {
      name: 'the-walk-knows-nothing-of-cycles',
      severity: 'error',
      from: {
        path: '^(src/(mm|kernel)/|arch/[^/]+/)',
        pathNot: '^arch/[^/]+/((measured-)?cpus(-common)?|remote-nodes)[.]ts$',
      },
      to: { path: '^src/(cycles|bench)/' },
    },
    {
      name: 'the-library-does-not-need-its-command-line',
      severity: 'error',
      from: { path: '^src/(?!cli/)' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'doors-know-no-room',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { path: '^src/(?!kernel/|hardware/|history/)' },
    },
    {
      name: 'history-is-data',
      severity: 'error',
      from: { path: '^src/history/' },
      to: { path: '^(arch/|src/(?!history/))' },
    },
    {
      name: 'src-reaches-a-room-through-the-list',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^arch/[^/]+/' },
    },
    {
      name: 'kernel-code-is-free-of-node',
      severity: 'error',
      from: { path: '^(src/(hardware|kernel|mm|cycles|history)|arch)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'scenario-looks-down-only',
      severity: 'error',
      from: { path: '^src/scenario/' },
      to: { path: '^src/(check|ptdump|bench|recordings|audit|catalogue|explore|trial|plan|report|events|page|guest)/' },
    },
    {
      name: 'reports-do-not-run-kernels',
      severity: 'error',
      from: { path: '^src/report/' },
      to: { path: '^src/scenario/runner', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'one-room-reads-the-list-of-architectures',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(scenario/|index.ts$)' },
      to: { path: '^arch/index.ts$' },
    },
    {
      name: 'a-room-of-arch-touches-few-doors',
      severity: 'error',
      from: { path: '^arch/[^/]+/' },
      to: {
        path: '^src/',
        pathNot: '^src/((hardware|kernel|history/traits|cycles)/|mm/(sparse-vmemmap|vmem-altmap|unused-sub-pmd).ts$)',
      },
    },
    {
      name: 'cost-model-knows-no-scenario',
      severity: 'error',
      from: { path: '^src/cycles/' },
      to: { path: '^(arch/|src/(?!cycles/|hardware/|kernel/|history/))' },
    },
    {
      name: 'catalogue-entries-are-data',
      severity: 'error',
      from: { path: '^src/catalogue/bugs/', pathNot: '/(index|bug).ts$' },
      to: { path: '^(arch/|src/)', pathNot: '^src/(catalogue/bugs/|hardware/page-table.ts$)' },
    },
    {
      name: 'reports-do-not-read-tables',
      severity: 'error',
      from: { path: '^src/report/' },
      to: { path: '^src/(mm|kernel/kernel|hardware/ram|hardware/page-allocator)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the-view-knows-the-document-and-its-events-only',
      severity: 'error',
      from: { path: '^src/page/view/', pathNot: '[.]config[.]ts$' },
      to: { path: '^(arch/|src/)', pathNot: '^src/(page/(view/|document|emulator/protocol)|events/|story/)' },
    },
    {
      name: 'nobody-imports-a-command',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/program.ts$' },
      to: { path: `^src/cli/(${COMMANDS})[.]ts$` },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^(src|arch)/' }, to: {} },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.json'] },
  },
};
