// What every command owes: exit codes, one JSON document on stdout, and no trace left by commands that only read.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { childEnvironment, freePort, projectFolder, runAto } from '../support/system-process.ts';

const root = mkdtempSync(path.join(tmpdir(), 'ato-commands-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function emptyFolder(name: string): string {
  const folder = path.join(root, name);
  mkdirSync(folder);
  return folder;
}

test.each([
  [['fly'], 'unknown command'],
  [['start', '--fast'], 'unknown option'],
  [['explain'], "missing required argument 'id'"],
  [['doctor', 'me'], 'too many arguments'],
  [['journal', 'verify', '--data'], 'argument missing'],
  [['bench', 'kernel', '--steady-seconds', 'x'], 'a number of seconds'],
  [['chaos', 'trading', '--fault', 'fire'], 'use one of none, execute_then_time_out'],
  [['chaos', 'trading', '--seeds', '0'], 'use 1 to 1000000'],
  [['chaos', 'trading', '--json', '--markdown'], 'choose one form'],
  [['chaos', 'health', '--fault', 'n8n_down,fire'], 'there is no fault "fire"'],
  [['chaos', 'health', '--topology', 'moon'], 'Allowed choices are simulated, processes, both'],
  [['chaos', 'health', '--process-runs', '0'], 'use a whole number from 1 to 1000'],
  [['exits'], "required option '--cases <file>'"],
  [['exits', '--cases', 'none.json'], 'none.json cannot be read'],
  [['sim', '--synthetic', '--symbols', '???'], 'cannot read the symbol'],
  [['sim', '--synthetic', '--tape', 'x'], 'choose one market'],
  [['sim', '--synthetic', '--from', '2026-01-02', '--to', '2026-01-01'], '--from must be before --to'],
])('misuse: ato %j ends with 2, says why on stderr and nothing on stdout', async (args, why) => {
  const { code, stdout, stderr } = await runAto(args, {}, root);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(why);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('commands that read say what is missing, end with 1, and make nothing', async () => {
  const folder = emptyFolder('read-only');
  for (const args of [
    ['explain', 'decision-1'],
    ['journal', 'verify'],
  ]) {
    // `explain` asks a running system first: none may answer at the usual port of this machine.
    const environment = { ORCHESTRATOR_PORT: String(await freePort()) };
    const { code, stdout, stderr } = await runAto(args, environment, folder);
    expect(code, stderr).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/There is no database in .* Fix: /);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
  const doctor = await runAto(['doctor'], { ORCHESTRATOR_PORT: String(await freePort()) }, folder);
  expect(doctor.code, doctor.stdout).toBe(0);
  expect(doctor.stdout).toContain('the first start creates it');
  expect(readdirSync(folder)).toEqual([]);
});

test('the doctor finds what is wrong, says how to mend it, and shows no secret', async () => {
  const folder = emptyFolder('ill');
  writeFileSync(path.join(folder, 'taken'), '');
  const { code, stdout } = await runAto(
    ['doctor', '--json'],
    {
      BIND_ADDRESS: '0.0.0.0',
      DATA_DIR: path.join(folder, 'taken'),
      ATO_STRATEGY_FILE: '/no/such.ts',
      GROQ_API_KEY: 'gsk-SEKRET',
      ORCHESTRATOR_PORT: String(await freePort()),
    },
    folder,
  );
  expect(code).toBe(1);
  expect(stdout).not.toContain('SEKRET');
  const report = JSON.parse(stdout) as {
    healthy: boolean;
    findings: { subject: string; verdict: string; fix: string | null }[];
  };
  expect(report.healthy).toBe(false);
  const problems = report.findings.filter((finding) => finding.verdict === 'problem');
  expect(problems.map((finding) => finding.subject).sort()).toEqual(['api access', 'disk', 'strategy']);
  for (const problem of problems) expect(problem.fix?.length).toBeGreaterThan(10);
});

test('the doctor survives settings that nobody could start with', async () => {
  const { code, stdout } = await runAto(['doctor', '--json'], { ATO_SEED: 'x', ATO_UNIVERS: 'y' }, root);
  expect(code).toBe(1);
  const report = JSON.parse(stdout) as { settings: unknown; findings: { subject: string; detail: string }[] };
  expect(report.settings).toBeNull();
  const detail = report.findings.find((finding) => finding.subject === 'settings')?.detail;
  expect(detail).toMatch(/ATO_SEED: use a whole number/);
  expect(detail).toMatch(/Did you mean ATO_UNIVERSE/);
});

test('a reader that goes away ends nothing with an error: ato doctor | head', async () => {
  const child = spawn(process.execPath, [path.join(projectFolder, 'src', 'main.ts'), 'doctor'], {
    cwd: root,
    env: childEnvironment({ ORCHESTRATOR_PORT: String(await freePort()) }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(stderr).toBe('');
  expect(code).toBe(0);
});
