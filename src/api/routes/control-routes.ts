// Commands of a person. Each becomes one operator.command input; the answer is what was committed because of it.
import { z } from 'zod';
import type { OperatorCommand } from '../../shared/bus/catalogue.ts';
import { isMessage } from '../../shared/bus/message.ts';
import { marketModes } from '../../shared/domain/mode.ts';
import { type TaskKind, taskKinds } from '../../shared/domain/task.ts';
import { type ApiContext, type ApiServer, commandProblems, notFoundProblem } from '../api-context.ts';
import type { CommandReceipt } from '../api-dependencies.ts';
import { Problem } from '../problem.ts';
import { flagQuery, symbolText, writtenText } from '../schemas/common-bodies.ts';
import { commandBody } from '../schemas/overview-bodies.ts';
import { toWireForm } from '../wire-form.ts';
import { DeadlineError, within } from '../within.ts';

/** A commit takes milliseconds; after this long the person is told that the outcome is not known. */
export const commandTimeoutMs = 15_000;
const messagesShown = 100;
const retryAfterSeconds = '5';

const explanation = {
  by: writtenText(64).optional().describe('Who asks, for the record'),
  reason: writtenText(500).optional().describe('Why, for the record'),
};
const plainInput = z.strictObject(explanation).nullish();
const closeInput = z.strictObject({ symbol: symbolText, ...explanation });
const modeInput = z.strictObject({ mode: z.enum([...marketModes, 'auto']), ...explanation });
const healInput = z.strictObject({ dry_run: z.boolean().optional(), ...explanation }).nullish();

type Explanation =
  | { readonly by?: string | undefined; readonly reason?: string | undefined }
  | null
  | undefined;

const plainCommands = [
  ['/control/start', 'start', 'control', 'Let the orchestrator schedule work again'],
  [
    '/control/stop',
    'stop',
    'control',
    'Stop scheduling work and go to standby; open positions keep their protection',
  ],
  ['/control/force-decision', 'force_decision', 'control', 'Decide now and answer with the decision'],
  ['/trading/halt', 'halt', 'trading', 'Stop all new orders at once'],
  ['/trading/reduce-only', 'reduce_only', 'trading', 'Allow only orders that make positions smaller'],
  ['/trading/resume', 'resume', 'trading', 'Allow trading again; only a person can'],
  [
    '/trading/close-all',
    'close_all',
    'trading',
    'Close every open position at market and cancel entries under way',
  ],
] as const;

export function addControlRoutes(app: ApiServer, context: ApiContext): void {
  for (const [path, command, tag, summary] of plainCommands) {
    app.post(
      path,
      {
        schema: {
          tags: [tag],
          summary,
          body: plainInput,
          response: { 200: commandBody, ...commandProblems },
        },
      },
      async ({ body }) => run(context, commandOf(command, body)),
    );
  }
  addClose(app, context);
  addAutoHeal(app, context);
  addMode(app, context);
  addTaskCommands(app, context);
}

function addClose(app: ApiServer, context: ApiContext): void {
  app.post(
    '/trading/close',
    {
      schema: {
        tags: ['trading'],
        summary: 'Close the open position of a symbol at market',
        body: closeInput,
        response: { 200: commandBody, ...commandProblems, ...notFoundProblem },
      },
    },
    async ({ body }) => {
      const { symbol } = body;
      const open = await context.dependencies.reader.list('positions', {
        limit: 1,
        open: true,
        where: { symbol },
      });
      if (open.length === 0) throw new Problem('not-found', 404, `There is no open position in ${symbol}.`);
      const receipt = await submit(context, { ...commandOf('close_position', body), symbol });
      refuseWhenRefused(receipt);
      return answer(context, 'close_position', receipt);
    },
  );
}

function addMode(app: ApiServer, context: ApiContext): void {
  app.post(
    '/control/mode',
    {
      schema: {
        tags: ['control'],
        summary:
          'Pin the market mode, or give the choice back with auto; a class that is shut or blind stays out',
        body: modeInput,
        response: { 200: commandBody, ...commandProblems },
      },
    },
    async ({ body }) => run(context, { ...commandOf('set_mode', body), mode: body.mode }),
  );
}

const taskCommands = [
  ['run', 'run_task', 'Run a kind of task now; minimum interval, locks and budgets still hold'],
  ['pause', 'pause_task', 'Start no more tasks of a kind until it is resumed; safety kinds cannot be paused'],
  ['resume', 'resume_task', 'Let a paused kind run again'],
] as const;

function addTaskCommands(app: ApiServer, context: ApiContext): void {
  for (const [verb, command, summary] of taskCommands) {
    app.post(
      `/tasks/:kind/${verb}`,
      {
        schema: {
          tags: ['control'],
          summary,
          params: z.object({ kind: z.enum(taskKinds) }),
          body: plainInput,
          response: { 200: commandBody, ...commandProblems },
        },
      },
      async ({ params: { kind }, body }) => {
        const facts = context.dependencies.workflows().find((one) => one.kind === kind);
        if (command === 'pause_task' && facts?.safety === true)
          throw new Problem('refused', 409, `${kind} keeps the system safe and cannot be paused.`);
        const receipt = await submit(context, { ...commandOf(command, body), kind });
        if (command === 'run_task') refuseWhenNotRun(receipt, kind);
        return answer(context, command, receipt);
      },
    );
  }
}

/** Throws Problem 409 with the decision's own reason when the kind that was asked for does not run. */
function refuseWhenNotRun({ messages }: CommandReceipt, kind: TaskKind): void {
  const decision = messages.findLast((message) => isMessage(message, 'decision'));
  const candidate = decision?.data.candidates.find((one) => one.kind === kind);
  if (candidate === undefined || candidate.chosen) return;
  throw new Problem('refused', 409, `${kind} was not run: ${candidate.reason}.`);
}

function addAutoHeal(app: ApiServer, context: ApiContext): void {
  app.post(
    '/health/auto-heal',
    {
      schema: {
        tags: ['health'],
        summary: 'Run the healing playbooks now, or only say what they would do',
        querystring: z.object({ dry_run: flagQuery.optional() }),
        body: healInput,
        response: { 200: commandBody, ...commandProblems },
      },
    },
    async ({ query, body }) => {
      // Asking for a dry run in either place must never heal for real.
      const dry_run = query.dry_run === true || body?.dry_run === true;
      return run(context, { ...commandOf('auto_heal', body), dry_run });
    },
  );
}

function commandOf(command: OperatorCommand['command'], input: Explanation): OperatorCommand {
  return {
    command,
    by: input?.by ?? 'api',
    reason: input?.reason ?? 'asked over HTTP',
    symbol: null,
    dry_run: false,
  };
}

async function run(context: ApiContext, command: OperatorCommand) {
  return answer(context, command.command, await submit(context, command));
}

/** Posts the command. Throws Problem 503 when it was not taken, 504 when nobody can say. */
async function submit(context: ApiContext, command: OperatorCommand): Promise<CommandReceipt> {
  try {
    const receipt = await within(commandTimeoutMs, context.dependencies.post(command));
    // The kernel turns an input it cannot read into a dead letter; answering "done" to that would be a lie.
    if (receipt.messages[0]?.message_type === 'kernel.dead_letter')
      throw new Error(`the kernel did not read the command: ${JSON.stringify(receipt.messages[0].data)}`);
    return receipt;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (/shutting down/i.test(text))
      throw new Problem('shutting-down', 503, 'The system is shutting down; the command was not taken.', {
        headers: { 'retry-after': retryAfterSeconds },
      });
    if (error instanceof DeadlineError || /time(d)? ?out|no answer within/i.test(text))
      throw new Problem(
        'outcome-unknown',
        504,
        'The command was posted but not confirmed in time. It may still take effect: look at /status.',
      );
    throw error;
  }
}

function refuseWhenRefused({ messages }: CommandReceipt): void {
  const refusals = messages.filter((message) => isMessage(message, 'trading.refused'));
  if (refusals.length === 0 || messages.some((message) => isMessage(message, 'trading.order_changed')))
    return;
  const codes = refusals.map((message) => message.data.code).join(', ');
  throw new Problem('refused', 409, `Trading refused: ${codes}.`, {
    extra: { refusals: refusals.map(({ data: { code, limit, actual } }) => ({ code, limit, actual })) },
  });
}

const switchCommands: ReadonlySet<string> = new Set(['halt', 'reduce_only', 'resume']);

function detailOf(
  command: OperatorCommand['command'],
  sequence: number,
  caused: CommandReceipt['messages'],
  state: string | undefined,
): string {
  const changed = caused.some((message) => isMessage(message, 'trading.state_changed'));
  if (switchCommands.has(command) && !changed && state !== undefined)
    return `Committed as input ${sequence}; trading was ${state} already and is unchanged.`;
  return caused.length === 0
    ? `Committed as input ${sequence}; it changed nothing at once.`
    : `Committed as input ${sequence}; it caused ${caused.length} messages.`;
}

function answer(context: ApiContext, command: OperatorCommand['command'], receipt: CommandReceipt) {
  const caused = receipt.messages.filter((message) => !isMessage(message, 'operator.command'));
  const decision = caused.findLast((message) => isMessage(message, 'decision'))?.data;
  const state =
    caused.findLast((message) => isMessage(message, 'trading.state_changed'))?.data ??
    context.live.tradingState;
  return {
    command,
    sequence: receipt.sequence,
    detail: detailOf(command, receipt.sequence, caused, state?.state),
    messages: caused
      .slice(0, messagesShown)
      .map(({ id, from, message_type }) => ({ id, from, message_type })),
    decision: decision === undefined ? null : toWireForm(decision),
    trading_state: state === undefined ? null : toWireForm(state),
    orders: caused
      .filter((message) => isMessage(message, 'trading.order_changed'))
      .slice(0, messagesShown)
      .map((message) => toWireForm(message.data)),
    heals: caused
      .filter((message) => isMessage(message, 'health.heal'))
      .slice(0, messagesShown)
      .map((message) => toWireForm(message.data)),
  };
}
