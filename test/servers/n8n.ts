// A real n8n for tests: a direct child of the test process on random ports, its data in a database of a real PostgreSQL.
// Installed outside of the repository by scripts/install-n8n.sh; without it the tests say why they skip.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort, projectFolder } from '../support/system-process.ts';
import { postgresSkipReason, startPostgres } from './postgres.ts';

const run = promisify(execFile);
const startTimeoutMs = 60_000;
const commandTimeoutMs = 60_000;
const requestTimeoutMs = 15_000;
const stopTimeoutMs = 10_000;

const lockFile = path.join(import.meta.dirname, 'n8n', 'pnpm-lock.yaml');
const lockHash = createHash('sha256').update(readFileSync(lockFile)).digest('hex').slice(0, 12);
const folder =
  process.env.N8N_TEST_FOLDER ??
  path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'ato', `n8n-${lockHash}`);

/** Why tests that need n8n must be skipped. With REQUIRE_REAL_SERVERS=1 that is an Error instead. */
export async function n8nSkipReason(): Promise<string | undefined> {
  const postgres = await postgresSkipReason();
  if (postgres !== undefined) return postgres;
  if (existsSync(path.join(folder, '.complete'))) return undefined;
  const reason = 'no n8n on this machine (bash scripts/install-n8n.sh installs it beside the repository)';
  if (process.env.REQUIRE_REAL_SERVERS === '1') throw new Error(reason);
  return reason;
}

/** A workflow file as a value; only what tests look at is named. */
export interface WorkflowFile {
  readonly id: string;
  readonly name: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly type: string;
    readonly typeVersion: number;
    readonly webhookId?: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly credentials?: Readonly<Record<string, { readonly id: string; readonly name: string }>>;
  }[];
  readonly connections: Readonly<
    Record<string, { readonly main: readonly (readonly { readonly node: string }[])[] }>
  >;
}

export interface N8nSetup {
  readonly workflows: readonly WorkflowFile[];
  readonly credentials: readonly { readonly id: string; readonly data: Readonly<Record<string, string>> }[];
}

export interface N8n {
  readonly base: string;
  readonly apiKey: string;
  /** Answers of the public API. */
  api(route: string): Promise<{ readonly data: readonly Readonly<Record<string, unknown>>[] }>;
  /** Stops or continues the process without its noticing. */
  freeze(frozen: boolean): void;
  /** Ends it without any chance to tidy up. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts n8n, imports by its own command line, and publishes all workflows; about fifteen seconds. */
export async function startN8n(setup: N8nSetup): Promise<N8n> {
  const postgres = await startPostgres();
  const data = mkdtempSync(path.join(os.tmpdir(), 'ato-n8n-'));
  const port = await freePort();
  const environment = environmentOf(new URL(await postgres.freshDatabase()), data, port, await freePort());
  const log = openSync(path.join(data, 'log'), 'a');
  const child = spawn(process.execPath, [program(), 'start'], {
    env: environment,
    stdio: ['ignore', log, log],
  });
  const base = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await ended(child, 'SIGTERM');
    await postgres.stop();
    rmSync(data, { recursive: true, force: true });
  };
  try {
    await answers(child, `${base}/healthz/readiness`, data);
    await imported(setup, data, environment);
    await answers(child, `${base}/rest/settings`, data);
    const apiKey = await keyOf(base);
    const api = caller(base, apiKey);
    for (const { id } of setup.workflows) await api(`workflows/${id}/activate`, 'POST');
    const freeze = (frozen: boolean) => void child.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
    return {
      base,
      apiKey,
      api: (route) => api(route, 'GET'),
      freeze,
      kill: () => ended(child, 'SIGKILL'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function program(): string {
  return path.join(folder, 'node_modules', 'n8n', 'bin', 'n8n');
}

function environmentOf(
  database: URL,
  data: string,
  port: number,
  brokerPort: number,
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: data,
    N8N_USER_FOLDER: data,
    N8N_PORT: String(port),
    N8N_LISTEN_ADDRESS: '127.0.0.1',
    N8N_HOST: '127.0.0.1',
    N8N_RUNNERS_BROKER_PORT: String(brokerPort),
    WEBHOOK_URL: `http://127.0.0.1:${port}/`,
    N8N_ENCRYPTION_KEY: 'only-for-tests-0123456789abcdef',
    N8N_SECURE_COOKIE: 'false',
    N8N_DIAGNOSTICS_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
    N8N_TEMPLATES_ENABLED: 'false',
    N8N_PERSONALIZATION_ENABLED: 'false',
    N8N_COMMUNITY_PACKAGES_ENABLED: 'false',
    N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
    N8N_AI_ENABLED: 'false',
    N8N_PYTHON_ENABLED: 'false',
    EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'all',
    EXECUTIONS_DATA_SAVE_ON_ERROR: 'all',
    GENERIC_TIMEZONE: 'UTC',
    TZ: 'UTC',
    DB_TYPE: 'postgresdb',
    DB_POSTGRESDB_HOST: database.hostname,
    DB_POSTGRESDB_PORT: database.port,
    DB_POSTGRESDB_DATABASE: database.pathname.slice(1),
    DB_POSTGRESDB_USER: database.username,
    DB_POSTGRESDB_PASSWORD: database.password,
  };
}

/** Waits for a good answer: of the database at /healthz/readiness, of everything else later, at /rest/settings. */
async function answers(child: ChildProcess, url: string, data: string): Promise<void> {
  const end = performance.now() + startTimeoutMs;
  while (performance.now() < end) {
    if (child.exitCode !== null) break;
    const ok = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await delay(100);
  }
  throw new Error(`n8n does not answer:\n${readFileSync(path.join(data, 'log'), 'utf8').slice(-4_000)}`);
}

async function imported(setup: N8nSetup, data: string, env: Record<string, string>): Promise<void> {
  const credentials = path.join(data, 'credentials.json');
  writeFileSync(credentials, JSON.stringify(setup.credentials));
  const workflows = path.join(data, 'workflows.json');
  writeFileSync(workflows, JSON.stringify(setup.workflows));
  const options = { env, timeout: commandTimeoutMs };
  await Promise.all([
    run(process.execPath, [program(), 'import:credentials', `--input=${credentials}`], options),
    run(process.execPath, [program(), 'import:workflow', `--input=${workflows}`], options),
  ]);
}

/** An API key as a person makes one: sets up the owner, logs in, asks for the key. */
async function keyOf(base: string): Promise<string> {
  const post = async (route: string, body: unknown, cookie?: string) => {
    const response = await fetch(`${base}/rest/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(cookie === undefined ? {} : { cookie }) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
    return response;
  };
  const person = { email: 'owner@example.test', firstName: 'A', lastName: 'B', password: 'Only-for-tests-1' };
  const cookie = (await post('owner/setup', person)).headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const scopes = ['workflow:list', 'workflow:read', 'workflow:activate', 'execution:list', 'execution:read'];
  const made = await post('api-keys', { label: 'tests', expiresAt: null, scopes }, cookie);
  return ((await made.json()) as { data: { rawApiKey: string } }).data.rawApiKey;
}

function caller(base: string, apiKey: string) {
  return async (route: string, method: 'GET' | 'POST') => {
    const response = await fetch(`${base}/api/v1/${route}`, {
      method,
      headers: { 'x-n8n-api-key': apiKey },
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { data: readonly Readonly<Record<string, unknown>>[] };
  };
}

async function ended(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGCONT');
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await gone;
  clearTimeout(late);
}

const shippedFolder = path.join(projectFolder, 'deploy', 'n8n');

/** Names of the shipped workflow files. */
export function shippedWorkflowFiles(): string[] {
  return readdirSync(path.join(shippedFolder, 'workflows')).sort();
}

/** The workflows and credentials that this project ships, with the addresses and secrets of a test in them. */
export function shippedSetup(atoUrl: string, webhookToken: string, apiToken: string): N8nSetup {
  const read = (name: string) => readFileSync(path.join(shippedFolder, name), 'utf8');
  const credentials = read('credentials.example.json')
    .replace('the same as N8N_WEBHOOK_TOKEN', webhookToken)
    .replace('the same as API_TOKEN', apiToken);
  const workflows = shippedWorkflowFiles().map((name) =>
    JSON.parse(read(path.join('workflows', name)).replaceAll('http://127.0.0.1:8080', atoUrl)),
  );
  return { workflows, credentials: JSON.parse(credentials) };
}
