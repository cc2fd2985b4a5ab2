// What the orchestrator decided and plans, the analyst's signals, the tasks and the whole status. Only reads.
import { z } from 'zod';
import { decisionActions } from '../../shared/domain/decision.ts';
import { marketModes } from '../../shared/domain/mode.ts';
import type { ScheduleView } from '../../shared/domain/schedule-view.ts';
import { taskKinds, taskStates } from '../../shared/domain/task.ts';
import { type ApiContext, type ApiServer, notFoundProblem, readProblems } from '../api-context.ts';
import type { WorkflowFacts } from '../api-dependencies.ts';
import { dataNotice, marketMode, orchestratorRunning, sourceRow, systemLoad } from '../overview.ts';
import { Problem } from '../problem.ts';
import {
  defaultListRows,
  idText,
  instantQuery,
  limitQuery,
  maxListRows,
  symbolText,
} from '../schemas/common-bodies.ts';
import { decisionBody, signalBody, taskBody } from '../schemas/decision-bodies.ts';
import { orchestratorStatusBody, statusBody, workflowBody } from '../schemas/overview-bodies.ts';
import { scheduleBody } from '../schemas/schedule-bodies.ts';
import { where } from '../where.ts';
import { toWireForm } from '../wire-form.ts';

const openTasksShown = 200;

export function addOrchestratorRoutes(app: ApiServer, context: ApiContext): void {
  addStatus(app, context);
  addOrchestratorStatus(app, context);
  addSchedule(app, context);
  addDecisions(app, context);
  addSignals(app, context);
  addTasks(app, context);
  addWorkflows(app, context);
}

function decisionCounts({ metrics }: ApiContext) {
  return {
    decisions_total: metrics.decisions.total,
    successful_decisions: metrics.decisions.successful,
    success_rate: metrics.decisions.successRate,
    mode_switches_total: metrics.decisions.modeSwitches,
  };
}

function addStatus(app: ApiServer, context: ApiContext): void {
  const { dependencies, live } = context;
  app.get(
    '/status',
    {
      schema: {
        tags: ['status'],
        summary: 'The whole system on one page',
        response: { 200: statusBody, ...readProblems },
      },
    },
    async () => {
      const facts = dependencies.runtime();
      const shown = toWireForm(facts);
      return {
        name: 'ato' as const,
        version: facts.version,
        run_mode: facts.run_mode,
        data_kind: facts.data_kind,
        notice: dataNotice(facts.data_kind),
        started_at: shown.started_at,
        now: shown.now,
        uptime_seconds: Math.max(0, Math.round((facts.now - facts.started_at) / 1_000)),
        running: orchestratorRunning(facts, live),
        mode: marketMode(live),
        next_decision_at: shown.next_decision_at,
        ...decisionCounts(context),
        trading_state: live.tradingState === undefined ? null : toWireForm(live.tradingState),
        equity: live.equity === undefined ? null : toWireForm(live.equity),
        open_positions: live.tradingSummary?.open_positions ?? live.equity?.open_positions ?? null,
        system_load: systemLoad(live),
        agents: shown.agents,
        sources: facts.sources.map(sourceRow),
        universe: shown.universe,
        journal: shown.journal,
        loop: shown.loop,
        store: shown.store,
        settings: { ...facts.settings },
      };
    },
  );
}

function addOrchestratorStatus(app: ApiServer, context: ApiContext): void {
  const { dependencies, live } = context;
  app.get(
    '/orchestrator/status',
    {
      schema: {
        tags: ['orchestrator'],
        summary: 'Mode, mandate, last and next decision, open tasks',
        response: { 200: orchestratorStatusBody, ...readProblems },
      },
    },
    async () => {
      const openTasks = await dependencies.reader.list('tasks', { limit: openTasksShown, open: true });
      const facts = dependencies.runtime();
      const next = facts.next_decision_at;
      return {
        running: orchestratorRunning(facts, live),
        mode: marketMode(live),
        next_decision_at: toWireForm(facts).next_decision_at,
        seconds_to_next_decision: next === null ? null : Math.max(0, (next - facts.now) / 1_000),
        ...decisionCounts(context),
        system_load: systemLoad(live),
        policy_version: live.decision?.policy_version ?? null,
        last_decision: live.decision === undefined ? null : toWireForm(live.decision),
        mandate: live.mandate === undefined ? null : toWireForm(live.mandate),
        markets: toWireForm(live.markets),
        open_tasks: toWireForm(openTasks),
        models: live.ladder === undefined ? null : toWireForm(live.ladder),
        ...scheduleParts(dependencies.schedule?.()),
      };
    },
  );
}

/** What of the schedule belongs into the status; empty where no schedule can be told. */
function scheduleParts(schedule: ScheduleView | undefined) {
  const { pinned_mode, kinds, locks, budgets } = schedule ?? {
    pinned_mode: null,
    kinds: [],
    locks: [],
    budgets: [],
  };
  return {
    pinned_mode,
    paused_kinds: kinds.filter((kind) => kind.paused).map((kind) => kind.kind),
    locks: toWireForm(locks),
    budgets: toWireForm(budgets),
  };
}

function addSchedule(app: ApiServer, { dependencies }: ApiContext): void {
  app.get(
    '/orchestrator/schedule',
    {
      schema: {
        tags: ['orchestrator'],
        summary: 'What runs next and why, kinds, locks and budgets',
        response: { 200: scheduleBody, ...readProblems, ...notFoundProblem },
      },
    },
    async () => {
      const schedule = dependencies.schedule?.();
      if (schedule === undefined) throw new Problem('not-found', 404, 'No orchestrator is at hand.');
      const { now, next_decision_at } = dependencies.runtime();
      return { at: new Date(now).toISOString(), ...toWireForm({ ...schedule, next_decision_at }) };
    },
  );
}

function addDecisions(app: ApiServer, { dependencies: { reader } }: ApiContext): void {
  app.get(
    '/decisions',
    {
      schema: {
        tags: ['orchestrator'],
        summary: 'Decisions with reasons and evidence, newest first',
        querystring: z.object({
          limit: limitQuery(defaultListRows),
          mode: z.enum(marketModes).optional(),
          action: z.enum(decisionActions).optional(),
          before: instantQuery
            .optional()
            .describe(`Only decisions before this instant, among the newest ${maxListRows} that match`),
        }),
        response: {
          200: z.object({
            decisions: z.array(decisionBody),
            total: z.number().int().describe('Decisions in the store, whatever was asked'),
            next_before: z.iso
              .datetime()
              .nullable()
              .describe('Value of before= for the next page, null at the end'),
          }),
          ...readProblems,
        },
      },
    },
    async ({ query: { limit, mode, action, before } }) => {
      // A store lists the newest rows and has no cursor, so an older page is cut out of its largest answer.
      const asked = before === undefined ? Math.min(limit + 1, maxListRows) : maxListRows;
      const [found, total] = await Promise.all([
        reader.list('decisions', { limit: asked, ...where({ mode, action }) }),
        reader.count('decisions'),
      ]);
      const older = before === undefined ? found : found.filter((decision) => decision.at < before);
      const decisions = toWireForm(older.slice(0, limit));
      return { decisions, total, next_before: older.length > limit ? (decisions.at(-1)?.at ?? null) : null };
    },
  );

  app.get(
    '/decisions/:id',
    {
      schema: {
        tags: ['orchestrator'],
        summary: 'One decision',
        params: z.object({ id: idText }),
        response: { 200: decisionBody, ...readProblems, ...notFoundProblem },
      },
    },
    async ({ params: { id } }) => {
      const decision = await reader.get('decisions', id);
      if (decision === undefined) throw new Problem('not-found', 404, 'There is no decision with this id.');
      return toWireForm(decision);
    },
  );
}

function addSignals(app: ApiServer, { dependencies: { reader } }: ApiContext): void {
  app.get(
    '/analyst/signals',
    {
      schema: {
        tags: ['analyst'],
        summary: 'Signals with reasoning and evidence, newest first',
        querystring: z.object({
          limit: limitQuery(defaultListRows),
          symbol: symbolText.optional(),
          action: z.enum(['BUY', 'SELL', 'CLOSE']).optional(),
        }),
        response: { 200: z.object({ signals: z.array(signalBody) }), ...readProblems },
      },
    },
    async ({ query: { limit, symbol, action } }) => ({
      signals: toWireForm(await reader.list('signals', { limit, ...where({ symbol, action }) })),
    }),
  );
}

function addTasks(app: ApiServer, { dependencies: { reader } }: ApiContext): void {
  app.get(
    '/tasks',
    {
      schema: {
        tags: ['orchestrator'],
        summary: 'Tasks of the catalogue as they were queued and done, newest first',
        querystring: z.object({
          limit: limitQuery(defaultListRows),
          kind: z.enum(taskKinds).optional(),
          state: z.enum(taskStates).optional(),
        }),
        response: { 200: z.object({ tasks: z.array(taskBody) }), ...readProblems },
      },
    },
    async ({ query: { limit, kind, state } }) => ({
      tasks: toWireForm(await reader.list('tasks', { limit, ...where({ kind, state }) })),
    }),
  );
}

function addWorkflows(app: ApiServer, { dependencies }: ApiContext): void {
  const describe = async (workflow: WorkflowFacts) => {
    const { kind } = workflow;
    const [last] = await dependencies.reader.list('tasks', { limit: 1, ...where({ kind }) });
    const shown = last === undefined ? undefined : toWireForm(last);
    return {
      kind,
      description: workflow.description,
      agent: workflow.agent,
      runner: workflow.runner,
      min_interval_ms: workflow.min_interval_ms,
      max_interval_ms: workflow.max_interval_ms,
      deadline_ms: workflow.deadline_ms ?? null,
      cost: workflow.cost ?? null,
      resources: [...(workflow.resources ?? [])],
      last_task:
        shown === undefined
          ? null
          : { id: shown.id, state: shown.state, queued_at: shown.queued_at, finished_at: shown.finished_at },
    };
  };
  app.get(
    '/workflows/available',
    {
      schema: {
        tags: ['orchestrator'],
        summary: 'The catalogue of work the orchestrator chooses from',
        response: { 200: z.object({ workflows: z.array(workflowBody) }), ...readProblems },
      },
    },
    async () => ({ workflows: await Promise.all(dependencies.workflows().map(describe)) }),
  );
}
