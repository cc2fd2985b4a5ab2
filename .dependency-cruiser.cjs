// The arrows of the house: main -> cli -> runtime -> {kernel, agents, adapters, simulator, api} -> shared.
const agents = '(orchestrator|analyst|trading|health-monitor)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'agents-never-import-agents',
      severity: 'error',
      from: { path: `^src/${agents}/` },
      to: { path: `^src/${agents}/`, pathNot: '^src/$1/' },
    },
    {
      name: 'agents-see-only-kernel-and-shared',
      severity: 'error',
      from: { path: `^src/${agents}/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: ['^src/$1/', '^src/shared/', '^src/kernel/'] },
    },
    {
      name: 'adapters-never-import-adapters',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/([^/]+?)(/|\\.ts)' },
      to: {
        path: '^src/adapters/',
        pathNot: ['^src/adapters/$1/$2(/|\\.ts)', '^src/adapters/[^/]+/shared/'],
      },
    },
    {
      name: 'adapters-see-only-shared',
      severity: 'error',
      from: { path: '^src/adapters/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: ['^src/adapters/', '^src/shared/'] },
    },
    {
      name: 'kernel-sees-only-shared',
      severity: 'error',
      from: { path: '^src/kernel/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: ['^src/kernel/', '^src/shared/'] },
    },
    {
      name: 'shared-imports-only-shared',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { path: '^src/', pathNot: '^src/shared/' },
    },
    {
      name: 'domain-imports-only-domain',
      severity: 'error',
      from: { path: '^src/shared/domain/' },
      to: { path: '^src/', pathNot: '^src/shared/domain/' },
    },
    {
      name: 'api-sees-only-shared',
      severity: 'error',
      from: { path: '^src/api/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: ['^src/api/', '^src/shared/'] },
    },
    {
      name: 'nobody-imports-cli-or-main',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/', '^src/main\\.ts$'] },
      to: { path: ['^src/cli/', '^src/main\\.ts$'] },
    },
    {
      name: 'only-cli-imports-runtime',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/', '^src/runtime/', '^src/main\\.ts$'] },
      to: { path: '^src/runtime/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts'] },
  },
};
