// Every command in the shell blocks of README.md is really run, in a checkout of its own with data of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDocument } from '../support/api-document.ts';
import { copyCheckout } from '../support/checkout.ts';
import { eventually } from '../support/eventually.ts';
import { childEnvironment, freePort, projectFolder } from '../support/system-process.ts';

const root = mkdtempSync(path.join(tmpdir(), 'ato-readme-'));
const checkout = path.join(root, 'checkout');
let environment: Record<string, string>;

beforeAll(async () => {
  copyCheckout(checkout);
  environment = childEnvironment({
    ORCHESTRATOR_PORT: String(await freePort()),
    DATA_DIR: path.join(root, 'data'),
    LOG_DIR: path.join(root, 'logs'),
  });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a person types it, in a process group of its own. */
function type(command: string): { child: ChildProcess; ended: Promise<Ran> } {
  const child = spawn('bash', ['-c', command], { cwd: checkout, env: environment, detached: true });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ran>((resolve) =>
    child.once('close', (code) => resolve({ code, stdout, stderr })),
  );
  return { child, ended };
}

/** Starts it, waits for its first decision over HTTP, stops it as Ctrl-C does. */
async function startAndStop(command: string): Promise<Ran> {
  const { child, ended } = type(command);
  try {
    const base = `http://127.0.0.1:${environment.ORCHESTRATOR_PORT}`;
    await eventually(
      `the first decision of ${command}`,
      async () => {
        const answer = await fetch(`${base}/decisions?limit=1`);
        return ((await answer.json()) as { decisions: unknown[] }).decisions[0];
      },
      40_000,
    );
    // The terminal sends it to everybody in front, npm included.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    return await ended;
  } finally {
    endGroup(child);
  }
}

function endGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  } catch {
    // All have gone, as they should.
  }
}

async function run(command: string): Promise<Ran> {
  const ran = await type(command).ended;
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  return ran;
}

const hurried = 'ATO_MARKET_SOURCE=synthetic ATO_MARKET_SPEED=1200 DATA_DIR=data/hurried npm start';
const ato = 'npm run --silent ato --';

/** How each command is run, in the order of the README. */
const covered: Readonly<Record<string, () => Promise<void>>> = {
  'npm start': async () => {
    const { stdout, stderr } = await startAndStop('npm start');
    expect(stdout).toContain('AI Trading Orchestrator is running');
    expect(stderr).toContain('SIGINT: stopping');
  },
  // This run is it: the script that `npm test` starts is the one that runs this file.
  'npm test': async () => {
    const { scripts } = JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> };
    expect(scripts.test).toMatch(/^vitest run/);
    expect(readFileSync(path.join(projectFolder, '.ci', 'run'), 'utf8')).toMatch(/^npm test\b/m);
  },
  [hurried]: async () => {
    const { stdout } = await startAndStop(hurried);
    expect(stdout).toContain('SYNTHETIC MARKET DATA');
    expect(stdout).toContain('embedded, in data/hurried');
  },
  [`${ato} sim --synthetic --seed 7 --json`]: async () => {
    const { stdout } = await run(`${ato} sim --synthetic --seed 7 --json`);
    expect(JSON.parse(stdout)).toMatchObject({ seed: 7, journal_hash: expect.any(String) });
  },
  [`${ato} journal verify`]: async () => {
    const { stdout } = await run(`${ato} journal verify`);
    expect(stdout).toContain('The journal reproduces');
  },
  [`${ato} doctor`]: async () => {
    const { stdout } = await run(`${ato} doctor`);
    expect(stdout).toContain('ok    database');
  },
  [`${ato} --help`]: async () => {
    const { stdout } = await run(`${ato} --help`);
    expect(stdout).toContain('Usage: ato');
  },
};

/** The lines of all ```sh blocks, comments and blank lines left out. */
function commandsOf(name: string): string[] {
  return [...readDocument(name).matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap((match) => (match[1] ?? '').split('\n'))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the commands of README.md', () => {
  test('are all covered below', () => {
    expect(commandsOf('README.md')).toEqual(Object.keys(covered));
  });

  test.each(Object.keys(covered))('%s', { timeout: 90_000 }, async (command) => {
    await covered[command]?.();
  });
});
