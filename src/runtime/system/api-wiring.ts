// Gives the HTTP API what it needs from the running parts, as ports.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ApiDependencies, CommandReceipt, RuntimeFacts } from '../../api/api-dependencies.ts';
import type { StateReader } from '../../kernel/agent.ts';
import type { KernelLoop } from '../../kernel/kernel-loop.ts';
import { learningView } from '../../orchestrator/learning-view.ts';
import { scheduleView } from '../../orchestrator/schedule-view.ts';
import { taskCatalogue } from '../../orchestrator/task-catalogue.ts';
import type { MessageDataByType } from '../../shared/bus/catalogue.ts';
import { maskedSettings } from '../../shared/config/mask.ts';
import { sessionRulesOf } from '../../shared/config/session-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import { isWorkflowKind } from '../../shared/domain/task.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { StoreReader } from '../../shared/ports/store.ts';
import { alertDoor, type ExternalAlerts } from '../alerts/external-alerts.ts';
import { healthReport } from '../healing/health-report.ts';
import type { DiscoveryHub } from '../market/discovery-hub.ts';
import type { MarketHub } from '../market/market-hub.ts';
import type { SelectedMarket } from '../market/market-selection.ts';
import type { NewsDesk } from '../market/news-desk.ts';
import { version } from '../version.ts';
import type { WorkflowDesk } from '../workflows/workflow-desk.ts';
import type { SelectedWorkflows } from '../workflows/workflow-selection.ts';
import type { LiveFacts } from './live-facts.ts';
import { pageFolder } from './page-build.ts';

const viewFreshMs = 1_000;

export interface ApiParts {
  readonly settings: Settings;
  readonly agentSettings: AgentSettings;
  /** The durable rows; at most one uncommitted batch ahead of the store. */
  readonly rows: StateReader;
  readonly log: Log;
  readonly reader: StoreReader;
  readonly market: SelectedMarket;
  readonly loop: KernelLoop;
  readonly hub: MarketHub;
  readonly news: NewsDesk;
  readonly discovery: DiscoveryHub;
  readonly facts: LiveFacts;
  readonly workflows: SelectedWorkflows;
  readonly desk: WorkflowDesk;
  readonly external: ExternalAlerts;
  readonly clock: Clock;
  readonly alerts: () => { readonly sent: number; readonly failed: number };
}

export function apiDependencies(parts: ApiParts): ApiDependencies {
  const startedAt = parts.clock.now();
  return {
    reader: parts.reader,
    post: (command) => receiptOf(parts, 'operator', 'operator.command', command),
    workflowDoor: {
      callback: (request) => parts.desk.callback(request),
      handOver: (task_id, execution_id) =>
        receiptOf(parts, 'workflow', 'workflow.handover', { task_id, execution_id }),
    },
    ...alertDoor(parts.external, parts.settings.AGENTS),
    runtime: () => runtimeFacts(parts, startedAt),
    healthReport: () => healthReport(parts),
    stream: { subscribe: (listener) => parts.facts.subscribe(listener) },
    workflows: () =>
      Object.values(taskCatalogue).map((entry) => ({
        kind: entry.kind,
        description: entry.description,
        agent: entry.agent,
        runner: parts.workflows.forAgents !== undefined && isWorkflowKind(entry.kind) ? 'n8n' : 'native',
        min_interval_ms: entry.minIntervalMs,
        max_interval_ms: entry.maxIntervalMs,
        deadline_ms: entry.deadlineMs,
        cost: entry.cost,
        resources: entry.resources.map((resource) => resource.name),
        safety: entry.safety,
      })),
    pageFolder: () => (existsSync(path.join(pageFolder, 'index.html')) ? pageFolder : undefined),
    apiToken: parts.settings.API_TOKEN,
    bindAddress: parts.settings.BIND_ADDRESS,
    log: parts.log,
    sessionRules: sessionRulesOf(parts.settings),
    schedule: atMostOnceASecond(parts, scheduleView),
    learning: atMostOnceASecond(parts, learningView),
  };
}

/** The page asks often, and looking ahead scores every symbol. */
function atMostOnceASecond<View>(
  { rows, clock, agentSettings }: ApiParts,
  viewOf: (rows: StateReader, settings: AgentSettings, now: EpochMs) => View,
): () => View {
  let made: { readonly at: number; readonly view: View } | undefined;
  return () => {
    const at = clock.now();
    if (made !== undefined && at >= made.at && at - made.at < viewFreshMs) return made.view;
    made = { at, view: viewOf(rows, agentSettings, at) };
    return made.view;
  };
}

async function receiptOf<Type extends 'operator.command' | 'workflow.handover'>(
  { loop, clock }: ApiParts,
  from: 'operator' | 'workflow',
  message_type: Type,
  data: MessageDataByType[Type],
): Promise<CommandReceipt> {
  const record = await loop.postAndWait({ from, message_type, data, at: clock.now() });
  return { sequence: record.sequence, messages: [record.input, ...record.emitted] };
}

/** A source that the settings wanted and that did not answer: shown as down, so that nobody looks for it in vain. */
function silentAtStart(source: string, at: EpochMs): RuntimeFacts['sources'][number] {
  const detail = 'did not answer at the start, so this run does not use it';
  const status = {
    source,
    state: 'unreachable',
    health: 0,
    detail,
    latencyMs: null,
    lastDataAt: null,
    at,
  } as const;
  return { source, kind: 'live', symbols: [], status, errors: 1, quarantined: {} };
}

function runtimeFacts(parts: ApiParts, startedAt: number): RuntimeFacts {
  const { facts, loop, market, hub, news, discovery, settings } = parts;
  return {
    version,
    run_mode: settings.ATO_MODE,
    started_at: startedAt,
    now: parts.clock.now(),
    clock_ahead_ms: market.clockAheadMs(),
    data_kind: market.kind,
    running: facts.running,
    agents: facts.vitals?.agents ?? [],
    vitals: facts.vitals,
    sources: [
      ...market.sources.map((source) => ({
        source: source.name,
        kind: source.kind,
        symbols: source.symbols,
        status: hub.status(source.name) ?? null,
        errors: hub.errors(source.name),
        quarantined: hub.quarantined(source.name),
      })),
      ...market.unreachable.map((source) => silentAtStart(source, startedAt)),
      ...news.groups.map((group) => ({ ...group, kind: 'live' as const, symbols: [], quarantined: {} })),
      ...discovery.sources.map(({ name, status, errors, quarantined }) => ({
        source: name,
        kind: 'live' as const,
        symbols: [],
        status,
        errors,
        quarantined,
      })),
    ],
    journal: {
      sequence: loop.committed.sequence,
      hash: loop.committed.hash,
      last_commit_at: facts.lastCommitAt,
      commit_latency_ms: loop.lastCommitMs,
    },
    loop: facts.failure === null ? { ok: true, detail: 'committing' } : { ok: false, detail: facts.failure },
    store: facts.storeHealth,
    settings: maskedSettings(settings),
    universe: market.universe,
    next_decision_at: facts.nextDecisionAt,
    inbox_depth: loop.inboxDepth,
    alerts: parts.alerts(),
    workflow_server:
      parts.workflows.forAgents === undefined
        ? null
        : { name: parts.workflows.forAgents.server, status: parts.desk.status ?? null },
  };
}
