// Real Prometheus and Alertmanager for tests: direct children of the test process on random ports, data in a folder of their own.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/system-process.ts';

const startTimeoutMs = 20_000;
const programs = ['prometheus', 'promtool', 'prometheus-alertmanager', 'amtool'] as const;

/** Why tests that need them must be skipped. With REQUIRE_REAL_SERVERS=1 that is an Error instead. */
export function prometheusSkipReason(): string | undefined {
  const missing = programs.filter((program) => spawnSync(program, ['--version']).error !== undefined);
  if (missing.length === 0) return undefined;
  const reason = `no ${missing.join(', ')} on this machine (apt-get install prometheus prometheus-alertmanager)`;
  if (process.env.REQUIRE_REAL_SERVERS === '1') throw new Error(reason);
  return reason;
}

/** What promtool said, on both streams. Throws Error with it when it is not content. */
export function promtool(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`promtool ${args.join(' ')}: ${stdout}${stderr}`);
  return args[0] === 'check' && args[1] === 'metrics' ? stdout + stderr : stdout;
}

/** What amtool said. Throws Error when it is not content. */
export function amtool(args: readonly string[]): string {
  return execFileSync('amtool', args, { encoding: 'utf8' });
}

export interface RunningServer {
  readonly base: string;
  get(route: string): Promise<unknown>;
  stop(): Promise<void>;
}

async function running(
  program: string,
  args: (port: number, folder: string) => readonly string[],
): Promise<RunningServer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), `ato-${program}-`));
  const port = await freePort();
  const child = spawn(program, [...args(port, folder)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  });
  const base = `http://127.0.0.1:${port}`;
  const get = async (route: string): Promise<unknown> => {
    const response = await fetch(base + route, { signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${route}: HTTP ${response.status} ${text.slice(0, 500)}`);
    return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
  };
  const stop = async () => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually(
      `${program} is ready`,
      async () => {
        if (child.exitCode !== null) throw new Error(said);
        return (await get('/-/ready')) !== undefined || undefined;
      },
      startTimeoutMs,
    );
    return { base, get, stop };
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${said}`);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(late);
}

/** Prometheus with this configuration file. */
export function startPrometheus(configuration: string): Promise<RunningServer> {
  return running('prometheus', (port, folder) => [
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${path.join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ]);
}

/** Alertmanager with this configuration text. */
export function startAlertmanager(configuration: string): Promise<RunningServer> {
  return running('prometheus-alertmanager', (port, folder) => {
    const file = path.join(folder, 'alertmanager.yml');
    writeFileSync(file, configuration);
    return [
      `--config.file=${file}`,
      `--storage.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ];
  });
}
