// Is it alive, how is it, what went wrong, and healing on request.
import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import type { ApiContext, ApiServer } from '../api-context.ts';
import { readProblems } from '../api-context.ts';
import type { RuntimeFacts } from '../api-dependencies.ts';
import { sourceRow } from '../overview.ts';
import { Problem } from '../problem.ts';
import { flagQuery, limitQuery } from '../schemas/common-bodies.ts';
import { healBody, healthReportBody, incidentBody } from '../schemas/health-bodies.ts';
import { healthBody, systemHealthBody } from '../schemas/overview-bodies.ts';
import { toWireForm } from '../wire-form.ts';
import { within } from '../within.ts';

/** The runtime measures itself every few seconds and each measurement is an input, so silence means a stuck loop. */
const maxCommitSilenceMs = 60_000;
/** Less may be a corrected second, and does no harm. */
const toleratedClockAheadMs = 2_000;
const storeAnswerTimeoutMs = 2_000;
/** Store answers are believed for this long, so that probes cannot burden it. */
const storeAnswerAgeMs = 1_000;
const openIncidentsShown = 200;

interface StoreAnswer {
  readonly at: number;
  readonly reason: Promise<string | null>;
}

function storeReason(context: ApiContext): Promise<string | null> {
  return within(storeAnswerTimeoutMs, context.dependencies.reader.list('trading_state', { limit: 1 })).then(
    () => null,
    (error: unknown) => {
      context.dependencies.log.warn({ error: String(error) }, 'the store did not answer the health check');
      return 'the store does not answer';
    },
  );
}

async function reasonsUnhealthy(context: ApiContext, asked: Promise<string | null>): Promise<string[]> {
  const facts = context.dependencies.runtime();
  const reasons: string[] = [];
  if (!facts.loop.ok) reasons.push(`the kernel loop does not commit: ${facts.loop.detail}`);
  const silenceMs = context.msSinceCommit();
  if (silenceMs > maxCommitSilenceMs)
    reasons.push(`nothing was committed for ${Math.round(silenceMs / 1_000)} s`);
  if (!facts.store.ok) reasons.push(`the store is unwell: ${facts.store.detail}`);
  const unanswered = await asked;
  if (unanswered !== null) reasons.push(unanswered);
  return reasons;
}

/** What works, but not as it should: a restart by whoever watches would not help. */
function reasonsDegraded({ clock_ahead_ms = 0 }: RuntimeFacts): string[] {
  if (clock_ahead_ms < toleratedClockAheadMs) return [];
  const seconds = Math.round(clock_ahead_ms / 1_000);
  return [
    `the clock was set back by ${seconds} s: time here goes on at half its pace until the clock has caught up, and prices of a venue look ${seconds} s old`,
  ];
}

export function addHealthRoutes(app: ApiServer, context: ApiContext): void {
  const { reader, runtime } = context.dependencies;
  let last: StoreAnswer | undefined;
  const askStore = () => {
    const now = performance.now();
    if (last === undefined || now - last.at > storeAnswerAgeMs)
      last = { at: now, reason: storeReason(context) };
    return last.reason;
  };

  app.get(
    '/health',
    {
      schema: {
        tags: ['health'],
        summary: 'Whether the loop commits and the store answers: 200 or 503 with the reasons',
        response: { 200: healthBody, 503: healthBody },
      },
    },
    async (_request, reply) => {
      const facts = runtime();
      const unhealthy = await reasonsUnhealthy(context, askStore());
      const degraded = reasonsDegraded(facts);
      return reply.code(unhealthy.length === 0 ? 200 : 503).send({
        status: unhealthy.length > 0 ? 'unhealthy' : degraded.length > 0 ? 'degraded' : 'ok',
        reasons: [...unhealthy, ...degraded],
        version: facts.version,
        run_mode: facts.run_mode,
        data_kind: facts.data_kind,
        journal_sequence: facts.journal.sequence,
        uptime_seconds: Math.max(0, Math.round(process.uptime())),
      });
    },
  );

  app.get(
    '/health/system',
    {
      schema: {
        tags: ['health'],
        summary: 'Vitals of process, agents, sources, store and journal, with open incidents',
        response: { 200: systemHealthBody, ...readProblems },
      },
    },
    async () => {
      const [openIncidents, deadLetters] = await Promise.all([
        reader.list('incidents', { limit: openIncidentsShown, open: true }),
        reader.count('dead_letters'),
      ]);
      const facts = runtime();
      const summary = context.live.healthSummary;
      return {
        loop: toWireForm(facts.loop),
        store: toWireForm(facts.store),
        journal: toWireForm(facts.journal),
        vitals: facts.vitals === null ? null : toWireForm(facts.vitals),
        summary: summary === undefined ? null : toWireForm(summary),
        agents: toWireForm(facts.agents),
        sources: facts.sources.map(sourceRow),
        open_incidents: toWireForm(openIncidents),
        dead_letters: deadLetters,
      };
    },
  );
  addIncidentRoutes(app, context);
}

function addIncidentRoutes(app: ApiServer, context: ApiContext): void {
  const { reader } = context.dependencies;

  app.get(
    '/health/incidents',
    {
      schema: {
        tags: ['health'],
        summary: 'Incidents, newest first',
        querystring: z.object({
          limit: limitQuery(100),
          open: flagQuery.optional().describe('Only open (true) or only resolved (false)'),
        }),
        response: { 200: z.object({ incidents: z.array(incidentBody) }), ...readProblems },
      },
    },
    async ({ query: { limit, open } }) => ({
      incidents: toWireForm(await reader.list('incidents', open === undefined ? { limit } : { limit, open })),
    }),
  );

  app.get(
    '/health/report',
    {
      schema: {
        tags: ['health'],
        summary: 'Incidents and heals of the last day, what is normal, what work costs, and proposals',
        response: { 200: healthReportBody, ...readProblems },
      },
    },
    async () => {
      const report = await context.dependencies.healthReport?.();
      if (report === undefined) throw new Problem('not-found', 404, 'There is no health monitor here.');
      return toWireForm(report);
    },
  );

  app.get(
    '/health/heals',
    {
      schema: {
        tags: ['health'],
        summary: 'What healing did and whether it worked, newest first',
        querystring: z.object({ limit: limitQuery(100) }),
        response: { 200: z.object({ heals: z.array(healBody) }), ...readProblems },
      },
    },
    async ({ query: { limit } }) => ({ heals: toWireForm(await reader.list('heals', { limit })) }),
  );
}
