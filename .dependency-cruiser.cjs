/** Arrows point one way: cli -> page, guest, report -> explore, catalogue, audit, plan, recordings -> check -> scenario -> drivers -> mm + arch -> kernel -> hardware. */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
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
      to: { path: '^(arch/|src/(scenario|check|report|cli)/)' },
    },
    {
      name: 'architectures-do-not-know-who-uses-them',
      severity: 'error',
      from: { path: '^arch/[^/]+/' },
      to: { path: '^src/(scenario|check|report|cli)/' },
    },
    {
      name: 'the-walk-knows-nothing-of-cycles',
      severity: 'error',
      from: { path: '^(src/(mm|kernel)/|arch/[^/]+/)', pathNot: '^arch/[^/]+/(measured-)?cpus(-common)?.ts$' },
      to: { path: '^src/(cycles|bench)/' },
    },
    {
      name: 'the-library-does-not-need-its-command-line',
      severity: 'error',
      from: { path: '^src/(?!cli/)' },
      to: { path: '^src/cli/' },
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
