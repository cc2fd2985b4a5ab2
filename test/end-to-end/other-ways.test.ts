// The other documented ways to start: on a PostgreSQL server, on a recording, and by start_orchestrator.sh.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { minuteMs } from '../../src/shared/domain/time.ts';
import { postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { eventually } from '../support/eventually.ts';
import {
  childEnvironment,
  freePort,
  Installation,
  projectFolder,
  runAto,
} from '../support/system-process.ts';

const installations: Installation[] = [];
afterAll(async () => {
  for (const installation of installations) await installation.remove();
});

function install(settings: Record<string, string>): Installation {
  const installation = new Installation(settings);
  installations.push(installation);
  return installation;
}

test('on PostgreSQL: starts, says so, goes on after a stop, and never says the password', async (context) => {
  const reason = await postgresSkipReason();
  if (reason !== undefined) return context.skip(reason);
  const server = await startPostgres();
  try {
    const url = await server.freshDatabase();
    const password = new URL(url).password;
    const system = install({ DATABASE_URL: url, DATABASE_SCHEMA: 'other_schema', LOG_LEVEL: 'DEBUG' });
    await system.start();
    expect(system.output).toContain('PostgreSQL, schema other_schema');
    const status = JSON.stringify(await system.get('/status'));
    expect(status).toContain('"kind":"postgres"');
    expect(status).not.toContain(password);
    const { decisions } = (await system.get('/decisions?limit=1')) as { decisions: { id: string }[] };
    // A server can be read while the orchestrator writes.
    const told = await runAto(['explain', decisions[0]?.id ?? ''], system.settings, system.folder);
    expect(told.code, told.stderr).toBe(0);
    expect(await system.end('SIGTERM')).toBe(0);
    await system.start();
    expect(system.output).toContain('continuing after input');
    expect(await system.end('SIGTERM')).toBe(0);
    const verified = await runAto(['journal', 'verify'], system.settings, system.folder);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    const doctor = await runAto(['doctor'], system.settings, system.folder);
    expect(doctor.stdout).toMatch(/ok {4}database: PostgreSQL, schema other_schema/);
    for (const text of [system.output, told.stdout, doctor.stdout, doctor.stderr])
      expect(text).not.toContain(password);
  } finally {
    await server.stop();
  }
});

test('on a recording: says so, keeps its symbols, and says when it was played to its end', async () => {
  const system = install({ ATO_MARKET_SOURCE: 'tape', ATO_MARKET_SPEED: '6000' });
  const from = Date.UTC(2026, 2, 2);
  const rows = Array.from({ length: 2_000 }, (_, index) => {
    const close = 100 + Math.sin(index / 40) * 3;
    return `${from + index * minuteMs},${close},${close + 0.2},${close - 0.2},${close},5`;
  });
  const tape = path.join(system.folder, 'ABCUSDT_1m_20260302-20260303.csv.gz');
  writeFileSync(tape, gzipSync(`time,open,high,low,close,volume\n${rows.join('\n')}\nnot,a,row\n`));
  system.settings.ATO_TAPE_PATH = tape;
  await system.start();
  expect(system.output).toContain('RECORDED MARKET DATA');
  expect(await system.get('/status')).toMatchObject({ data_kind: 'recorded', universe: ['ABCUSDT'] });
  await eventually('the end of the recording', async () => {
    const { sources } = (await system.get('/markets/sources')) as { sources: { detail: string }[] };
    return sources[0]?.detail.includes('tape ended') ? true : undefined;
  });
  expect(await system.end('SIGTERM')).toBe(0);
  system.launch();
  await eventually('the warning', () =>
    system.output.includes('played to its end on this data') ? true : undefined,
  );
  await system.end('SIGTERM');
});

test('start_orchestrator.sh makes a private .env once, and starts', async () => {
  const system = install({});
  const checkout = path.join(system.folder, 'checkout');
  mkdirSync(checkout);
  for (const name of [
    'start_orchestrator.sh',
    'env.example',
    'package.json',
    'src',
    'migrations',
    'scripts',
    'web',
  ])
    cpSync(path.join(projectFolder, name), path.join(checkout, name), { recursive: true });
  cpSync(path.join(projectFolder, 'package-lock.json'), path.join(checkout, 'package-lock.json'), {
    preserveTimestamps: true,
  });
  symlinkSync(path.join(projectFolder, 'node_modules'), path.join(checkout, 'node_modules'));
  const port = await freePort();
  const run = () => {
    const child = spawn(path.join(checkout, 'start_orchestrator.sh'), {
      cwd: system.folder,
      env: childEnvironment({ ORCHESTRATOR_PORT: String(port), ATO_MARKET_SOURCE: 'synthetic' }),
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { child, ended, said: () => said };
  };
  const answered = (name: string) =>
    eventually(name, async () => {
      const response = await fetch(`http://127.0.0.1:${port}/decisions?limit=1`);
      return ((await response.json()) as { decisions: unknown[] }).decisions.length > 0 ? true : undefined;
    });
  const first = run();
  try {
    await answered('the first decision');
    expect(first.said()).toContain('Created .env from env.example');
    const file = path.join(checkout, '.env');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(path.join(projectFolder, 'env.example'), 'utf8'));
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    writeFileSync(file, 'ATO_SEED=77\n');
  } finally {
    endGroup(first.child.pid);
  }
  const second = run();
  try {
    await answered('the first decision with settings of its own');
    const status = await fetch(`http://127.0.0.1:${port}/status`);
    expect(((await status.json()) as { settings: { ATO_SEED: string } }).settings.ATO_SEED).toBe('77');
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  } finally {
    endGroup(second.child.pid);
  }
});

/** Whatever the script started and left behind. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
