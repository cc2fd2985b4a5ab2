// Examines an installation without changing it: settings, database, sources, clock, disk, ports.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { isLoopback } from '../../api/bind-guard.ts';
import { loadSettings } from '../../shared/config/load-settings.ts';
import { maskedSettings } from '../../shared/config/mask.ts';
import { schemaOf } from '../../shared/config/process-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { checkModels } from '../models/model-check.ts';
import { configuredRungs } from '../models/model-ladder.ts';
import { loadPrompt } from '../models/prompt-file.ts';
import { openReader } from '../store/open-reader.ts';
import { loadStrategies } from '../strategies.ts';
import { selectWorkflows } from '../workflows/workflow-selection.ts';

export interface Finding {
  readonly subject: string;
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly detail: string;
  readonly fix: string | null;
}

export interface DoctorReport {
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
  /** All settings with secrets masked; null when they cannot be read. */
  readonly settings: Readonly<Record<string, string>> | null;
}

const lowDiskBytes = 1_000_000_000;
const maxClockSkewMs = 2_000;
const networkTimeoutMs = 3_000;
const silentLog = { warn: () => undefined };
const binanceTimeUrl = 'https://data-api.binance.vision/api/v3/time';

/** Never throws: whatever is wrong becomes a finding with its fix. */
export async function examine(): Promise<DoctorReport> {
  const findings: Finding[] = [nodeFinding()];
  let settings: Settings | undefined;
  try {
    settings = loadSettings();
    findings.push(ok('settings', 'all settings can be read'));
  } catch (error) {
    findings.push(
      problem('settings', messageOf(error), 'correct the lines named above in .env or in the environment'),
    );
  }
  if (settings !== undefined) {
    findings.push(
      await databaseFinding(settings),
      diskFinding(settings),
      await portFinding(settings),
      bindFinding(settings),
      await strategyFinding(settings),
      ...(await workflowFindings(settings)),
      ...(await modelFindings(settings)),
    );
  }
  findings.push(...(await networkFindings()));
  const healthy = findings.every((finding) => finding.verdict !== 'problem');
  return { healthy, findings, settings: settings === undefined ? null : maskedSettings(settings) };
}

function nodeFinding(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= 24
    ? ok('node', `version ${process.versions.node}`)
    : problem(
        'node',
        `version ${process.versions.node}`,
        'start it through npm, which uses the pinned Node 24',
      );
}

/** Reads only: the doctor neither makes a database nor migrates one. */
async function databaseFinding(settings: Settings): Promise<Finding> {
  const embedded = settings.DATABASE_URL === undefined;
  const place = embedded ? `embedded, in ${settings.DATA_DIR}` : `PostgreSQL, schema ${schemaOf(settings)}`;
  if (embedded && !existsSync(path.join(settings.DATA_DIR, 'pglite')))
    return ok('database', `${place}; the first start creates it`);
  try {
    const reader = await openReader(settings);
    try {
      const begun = performance.now();
      const { sequence } = await reader.load();
      return ok(
        'database',
        `${place}; ${sequence} inputs, read in ${(performance.now() - begun).toFixed(1)} ms`,
      );
    } finally {
      await reader.close();
    }
  } catch (error) {
    const [detail = '', fix] = messageOf(error).split(' Fix: ');
    const harmless = /is in use by|older version|no orchestrator in the schema/.test(detail);
    return {
      subject: 'database',
      verdict: harmless ? 'warning' : 'problem',
      detail: `${place}: ${detail}`,
      fix: detail.includes('is in use by')
        ? 'nothing to mend if the orchestrator is running now'
        : (fix ?? 'check DATABASE_URL or DATA_DIR'),
    };
  }
}

/** Both folders, or where they would be made, must be writable, with space left. */
function diskFinding(settings: Settings): Finding {
  try {
    const folders = [settings.DATA_DIR, settings.LOG_DIR].map(nearestExisting);
    for (const folder of folders) {
      if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
      accessSync(folder, constants.W_OK);
    }
    const free = Math.min(...folders.map(freeBytes));
    const text = `${(free / 1e9).toFixed(1)} GB free`;
    return free > lowDiskBytes
      ? ok('disk', text)
      : problem('disk', text, 'free some space: the journal and logs need it');
  } catch (error) {
    return problem('disk', messageOf(error), 'set DATA_DIR and LOG_DIR to folders that this user may write');
  }
}

function nearestExisting(folder: string): string {
  const absolute = path.resolve(folder);
  return existsSync(absolute) ? absolute : nearestExisting(path.dirname(absolute));
}

function freeBytes(folder: string): number {
  const disk = statfsSync(folder);
  return disk.bavail * disk.bsize;
}

function portFinding(settings: Settings): Promise<Finding> {
  const { ORCHESTRATOR_PORT: port, BIND_ADDRESS: address } = settings;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      resolve({
        subject: 'port',
        verdict: taken ? 'warning' : 'problem',
        detail: taken ? `${address}:${port} is in use` : `${address}:${port}: ${error.message}`,
        fix: taken
          ? 'nothing to mend if the orchestrator is running now; otherwise set ORCHESTRATOR_PORT to a free port'
          : 'set BIND_ADDRESS and ORCHESTRATOR_PORT to an address of this machine and a port from 1024 on',
      });
    });
    server.listen(port, address, () => server.close(() => resolve(ok('port', `${address}:${port} is free`))));
  });
}

function bindFinding(settings: Settings): Finding {
  const loopback = isLoopback(settings.BIND_ADDRESS);
  if (loopback || settings.API_TOKEN !== undefined)
    return ok('api access', loopback ? 'this machine only' : 'token required');
  return problem(
    'api access',
    `BIND_ADDRESS=${settings.BIND_ADDRESS} without API_TOKEN is refused at start`,
    'set API_TOKEN (16 characters or more) or BIND_ADDRESS=127.0.0.1',
  );
}

/** Without a configured model there is nothing to find: the policy decides alone. */
async function modelFindings(settings: Settings): Promise<Finding[]> {
  if (configuredRungs(settings).length === 0) return [];
  const findings: Finding[] = [];
  try {
    const { version, hash } = loadPrompt();
    findings.push(ok('prompt', `version ${version}, ${hash}`));
  } catch (error) {
    const [detail = '', fix = ''] = messageOf(error).split(' Fix: ');
    findings.push(problem('prompt', detail, fix));
  }
  for (const { provider, model, ok: well, detail } of await checkModels(settings))
    findings.push({
      subject: `model ${provider}`,
      verdict: well ? 'ok' : 'warning',
      detail: `${model}: ${detail}`,
      fix: well
        ? null
        : 'correct its key, model or address; meanwhile the next of the ladder is asked, or none',
    });
  return findings;
}

async function strategyFinding(settings: Settings): Promise<Finding> {
  try {
    const strategies = await loadStrategies(settings);
    return ok('strategy', strategies.active);
  } catch (error) {
    return problem(
      'strategy',
      messageOf(error),
      'correct ATO_STRATEGY_FILE; a working example is in examples/strategies/',
    );
  }
}

/** Nothing to say where no workflow server is wanted. */
async function workflowFindings(settings: Settings): Promise<Finding[]> {
  const { server, forAgents } = selectWorkflows(settings, { now: Date.now }, silentLog);
  if (forAgents === undefined) return [];
  const { ok: answers, health, detail } = await server.check();
  const text = `${settings.N8N_BASE_URL}: ${detail}`;
  if (answers && health >= 1) return [ok('n8n', text)];
  const fix = answers
    ? 'correct N8N_API_KEY, or leave it empty: executions are then followed by their answers and call-backs'
    : 'start n8n or correct N8N_BASE_URL; meanwhile the agents do the work';
  return [{ subject: 'n8n', verdict: 'warning', detail: text, fix }];
}

/** Binance's public clock tells whether it can be reached and how far this machine's clock is off. */
async function networkFindings(): Promise<Finding[]> {
  const sent = Date.now();
  try {
    const response = await fetch(binanceTimeUrl, { signal: AbortSignal.timeout(networkTimeoutMs) });
    const { serverTime } = (await response.json()) as { serverTime: number };
    const received = Date.now();
    const skew = Math.round(serverTime - (sent + received) / 2);
    const source = ok('source binance', `answers in ${received - sent} ms`);
    if (Math.abs(skew) <= maxClockSkewMs) return [source, ok('clock', `${skew} ms from Binance's`)];
    return [
      source,
      problem(
        'clock',
        `${skew} ms from Binance's`,
        'synchronise this machine with NTP (timedatectl set-ntp true)',
      ),
    ];
  } catch (error) {
    const detail = `cannot be reached: ${messageOf(error)}`;
    return [
      {
        subject: 'source binance',
        verdict: 'warning',
        detail,
        fix: 'without it the synthetic market is used, and said so; check the network, a proxy, or your country’s access',
      },
      {
        subject: 'clock',
        verdict: 'warning',
        detail: 'could not be compared with any venue',
        fix: 'keep NTP on',
      },
    ];
  }
}

function ok(subject: string, detail: string): Finding {
  return { subject, verdict: 'ok', detail, fix: null };
}

function problem(subject: string, detail: string, fix: string): Finding {
  return { subject, verdict: 'problem', detail, fix };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
