// Keeps the quiet side quiet: no ambient time, randomness, network, files, env or timers in domain, bus, kernel and agents.
// A line may carry the visible exemption `// quiet-side-exempt: <why>`.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const quietFolders = [
  'src/shared/domain',
  'src/shared/bus',
  'src/kernel',
  'src/orchestrator',
  'src/analyst',
  'src/trading',
  'src/health-monitor',
];
const noisyFiles = new Set(['src/kernel/kernel-loop.ts']);

const rules: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  {
    pattern: /\bDate\.now\b|\bnew Date\b(?!\()|\bDate\(\s*\)|\bperformance\.|\bTemporal\.Now/,
    name: 'ambient time',
  },
  {
    pattern: /\bMath\.random\b|randomUUID|getRandomValues|randomBytes|randomInt/,
    name: 'ambient randomness',
  },
  { pattern: /\bfetch\(|\bWebSocket\b/, name: 'network' },
  { pattern: /\b(process|globalThis)(\.|\[)(?!\()/, name: 'the surrounding process' },
  { pattern: /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/, name: 'timers' },
  { pattern: /\basync\b|\bawait\b|\.then\(|\bPromise\b/, name: 'asynchronous code' },
  { pattern: /\bconsole\./, name: 'console' },
  { pattern: /\btoLocale\w*\(|\blocaleCompare\(/, name: 'the language of the machine' },
  { pattern: /\brequire\(|\bimport\(/, name: 'loading while running' },
  // Everything not named here may reach outside; of Node's own modules only hashing may be used.
  { pattern: /\bfrom '(?!\.|zod'|decimal\.js'|node:crypto')/, name: 'a package that is not on the list' },
];

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => path.posix.join(folder, name));
}

function violations(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text, index) => {
      const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/, '');
      if (code.includes('quiet-side-exempt:')) return [];
      return rules
        .filter((rule) => rule.pattern.test(code))
        .map((rule) => `${file}:${index + 1}: ${rule.name}: ${text.trim()}`);
    });
}

const found = quietFolders
  .flatMap(filesBelow)
  .filter((file) => !noisyFiles.has(file))
  .flatMap(violations);
if (found.length > 0) {
  process.stderr.write(`The quiet side must stay quiet (use a port instead):\n${found.join('\n')}\n`);
  process.exitCode = 1;
}
