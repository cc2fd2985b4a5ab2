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
  { pattern: /\bDate\.now\(|new Date\(\)|\bperformance\.now\(|process\.hrtime/, name: 'ambient time' },
  { pattern: /\bMath\.random\(|randomUUID|getRandomValues|randomBytes/, name: 'ambient randomness' },
  { pattern: /\bfetch\(|from 'node:(https?|net|dns|tls|dgram)'|WebSocket/, name: 'network' },
  { pattern: /from 'node:(fs|child_process|worker_threads|timers)/, name: 'files, processes or timers' },
  { pattern: /\bprocess\.env\b/, name: 'environment' },
  { pattern: /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\(/, name: 'timers' },
  { pattern: /\basync\b|\bawait\b|\.then\(/, name: 'asynchronous code' },
  { pattern: /\bconsole\./, name: 'console' },
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
