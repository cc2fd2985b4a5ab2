// The check that keeps the quiet side quiet must itself notice: each kind of noise is tried on it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { projectFolder } from '../support/system-process.ts';

const root = mkdtempSync(path.join(tmpdir(), 'ato-quiet-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
for (const folder of [
  'shared/domain',
  'shared/bus',
  'kernel',
  'orchestrator',
  'analyst',
  'trading',
  'health-monitor',
])
  mkdirSync(path.join(root, 'src', folder), { recursive: true });

function check(lines: readonly string[]): { code: number | null; found: string[] } {
  writeFileSync(path.join(root, 'src', 'kernel', 'sample.ts'), `${lines.join('\n')}\n`);
  const script = path.join(projectFolder, 'scripts', 'check-quiet-side.ts');
  const { status, stderr } = spawnSync(process.execPath, [script], { cwd: root, encoding: 'utf8' });
  return { code: status, found: stderr.split('\n').filter((line) => line.startsWith('src/')) };
}

test('every kind of noise is found, each on its line', () => {
  const noise = [
    'const a = Date.now();',
    'const clock = Date.now;',
    'const b = new Date();',
    'const c = new Date;',
    'const d = performance.now();',
    'const e = Math.random();',
    "import { randomUUID } from 'node:crypto';",
    "import { readFileSync } from 'node:fs';",
    "import { readFileSync as read } from 'fs';",
    "import { connect } from 'node:net';",
    "import pg from 'pg';",
    'const f = process.env.HOME;',
    'const g = process.uptime();',
    'const h = globalThis.fetch;',
    'setTimeout(run, 5);',
    'async function later() {}',
    'const i = Promise.resolve(1);',
    'const j = (5).toLocaleString();',
    'names.sort((x, y) => x.localeCompare(y));',
    "const k = import('./x.ts');",
    "console.log('x');",
  ];
  const { code, found } = check(noise);
  expect(found.map((line) => Number(line.split(':')[1]))).toEqual(noise.map((_, index) => index + 1));
  expect(code).toBe(1);
});

test('quiet code, comments and named exemptions pass', () => {
  const { code, found } = check([
    "import { hash } from 'node:crypto';",
    "import { z } from 'zod';",
    "import { other } from './other.ts';",
    '// Date.now() is not asked here.',
    'const text = new Date(at).toISOString();',
    'kernel.process(input);',
    'const a = Date.now(); // quiet-side-exempt: shown to a person only',
  ]);
  expect(found).toEqual([]);
  expect(code).toBe(0);
});
