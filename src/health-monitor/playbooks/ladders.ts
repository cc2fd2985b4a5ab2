// The playbooks that are data: what is tried, in which order, for how long, and what is taken back.

import { wholeSystemTarget } from '../../shared/domain/probe-names.ts';
import { minuteMs, secondMs } from '../../shared/domain/time.ts';
import { relayBufferMessages } from '../limits.ts';
import { type Ladder, ladderPlaybook } from './ladder-playbook.ts';
import type { HealContext } from './playbook.ts';

const onServer = ({ healing }: HealContext) => healing?.database === 'postgres';

const agentsElsewhere = ({ relay }: HealContext) => relay !== undefined;

const waitingWords = (messages: number) =>
  `${messages} message(s) wait in the database; none is lost, and they are sent as soon as the relay takes them`;

const ladders: readonly Ladder[] = [
  {
    name: 'database_slow',
    kinds: ['store_slow', 'database_strained'],
    cooldownMs: 5 * secondMs,
    reprobe: () => ({ probe: 'store', target: wholeSystemTarget }),
    undo: { 'commits.batch': 'commits.normal' },
    steps: [
      {
        deed: { action: 'database.cancel_runaways' },
        words: 'cancel runaway statements of our own role',
        verifyMs: 20 * secondMs,
        possible: onServer,
      },
      {
        deed: { action: 'commits.batch' },
        words: 'let more inputs share one commit',
        verifyMs: 30 * secondMs,
      },
      {
        deed: { action: 'database.tidy' },
        words: 'vacuum and analyse our tables',
        verifyMs: minuteMs,
      },
      {
        deed: { action: 'database.create_index' },
        words: 'build the proposed index concurrently',
        verifyMs: 2 * minuteMs,
        possible: (context) => onServer(context) && context.healing?.create_index === true,
      },
    ],
  },
  {
    name: 'memory_leak',
    kinds: ['heap_growth'],
    cooldownMs: 10 * secondMs,
    steps: [
      // Its candle windows are the largest memory that is not in the tables, and they are rebuilt by asking again.
      {
        deed: { restartAgent: 'analyst_ai' },
        words: 'restart the analyst from its tables',
        verifyMs: minuteMs,
      },
      {
        deed: { restartAgent: 'orchestrator_ai' },
        words: 'restart the orchestrator from its tables',
        verifyMs: minuteMs,
      },
      {
        deed: { restartAgent: 'trading_ai' },
        words: 'restart trading from its tables',
        verifyMs: minuteMs,
        possible: ({ trading }) => trading.open_positions === 0,
      },
      {
        deed: { action: 'program.restart' },
        words: 'drain the process and start it again from its tables',
        verifyMs: 2 * minuteMs,
        possible: ({ healing }) => healing?.process_restart === true,
      },
    ],
  },
  {
    name: 'api_rate_limit',
    kinds: ['rate_limited'],
    cooldownMs: 30 * secondMs,
    undo: { 'source.slow_down': 'source.normal_pace' },
    steps: [
      {
        deed: { action: 'source.slow_down' },
        words: 'ask the source half as often',
        verifyMs: 2 * minuteMs,
      },
      {
        deed: { action: 'source.slow_down' },
        words: 'ask the source a quarter as often',
        verifyMs: 5 * minuteMs,
      },
      {
        deed: { action: 'source.slow_down' },
        words: 'ask the source an eighth as often',
        verifyMs: 15 * minuteMs,
      },
    ],
  },
  {
    name: 'agent_stuck',
    kinds: ['agent_slow'],
    onlyCritical: true,
    // Health cannot follow its own restart.
    not: ['health_ai'],
    cooldownMs: 10 * secondMs,
    steps: [
      {
        deed: { restartAgent: 'subject' },
        words: 'restart the agent from its tables',
        verifyMs: 30 * secondMs,
      },
      {
        deed: { restartAgent: 'subject' },
        words: 'restart the agent once more',
        verifyMs: minuteMs,
      },
      {
        deed: { action: 'program.restart' },
        words: 'drain the process and start it again from its tables',
        verifyMs: 2 * minuteMs,
        possible: ({ healing }) => healing?.process_restart === true,
      },
    ],
  },
  {
    name: 'queue_stuck',
    kinds: ['queue_stuck'],
    cooldownMs: 5 * secondMs,
    steps: [
      {
        deed: { action: 'jobs.release' },
        words: 'let go of jobs that run past their deadline',
        verifyMs: 30 * secondMs,
      },
      {
        deed: { action: 'jobs.release' },
        words: 'let go of them once more; the orchestrator sets poison aside after its attempts',
        verifyMs: 5 * minuteMs,
      },
    ],
  },
  {
    name: 'n8n_down',
    kinds: ['workflow_down'],
    cooldownMs: 10 * secondMs,
    reprobe: (subject) => ({ probe: 'workflow', target: subject }),
    bypassed: (_subject, { outside }) => outside.nativeRunners,
    steps: [
      {
        deed: { action: 'workflow.check' },
        words: 'ask it again and leave its work to the agents',
        verifyMs: 20 * secondMs,
      },
    ],
  },
  {
    name: 'model_provider_down',
    kinds: ['model_down'],
    cooldownMs: 10 * secondMs,
    reprobe: (subject) => ({ probe: 'model', target: subject }),
    bypassed: (subject, { outside }) => outside.nextRung(subject),
    steps: [
      { deed: { wait: true }, words: 'go on with the next model of the ladder', verifyMs: 20 * secondMs },
    ],
  },
  {
    name: 'disk_filling',
    kinds: ['disk_low'],
    cooldownMs: 10 * secondMs,
    steps: [
      {
        deed: { action: 'disk.prune' },
        words: 'remove old logs, recordings and journal beyond their retention',
        verifyMs: 30 * secondMs,
      },
      {
        deed: { action: 'database.tidy' },
        words: 'give space inside the database back',
        verifyMs: 2 * minuteMs,
      },
    ],
  },
  {
    // The outbox keeps and resumes by itself; this makes the way new, proves that what waited is gone, and knows when to call.
    name: 'relay_down',
    kinds: ['relay_down', 'relay_lag'],
    // What this process has not committed, or another one has not sent, no relay can mend.
    not: ['received', 'elsewhere'],
    cooldownMs: 5 * secondMs,
    repeats: true,
    remains: ({ relay }) =>
      relay === undefined || relay.messages === 0 ? undefined : `${relay.messages} message(s) still wait`,
    hopeless: ({ relay }) =>
      relay !== undefined && relay.messages >= relayBufferMessages
        ? `the buffer of ${relayBufferMessages} messages is full`
        : undefined,
    plea: ({ relay }) => waitingWords(relay?.messages ?? 0),
    steps: [
      {
        deed: { action: 'relay.reconnect' },
        words: 'dial the relay anew',
        verifyMs: 20 * secondMs,
        possible: agentsElsewhere,
      },
      {
        deed: { action: 'relay.resend' },
        words: `keep up to ${relayBufferMessages} messages in the database and send again what was not acknowledged`,
        verifyMs: 2 * minuteMs,
        possible: agentsElsewhere,
      },
      {
        deed: { action: 'relay.reconnect' },
        words: 'dial it once more',
        verifyMs: 30 * secondMs,
        possible: agentsElsewhere,
      },
      {
        deed: { wait: true },
        words: 'go on with messages in the database until it is back and they are gone',
        verifyMs: 15 * minuteMs,
        possible: agentsElsewhere,
      },
    ],
  },
  {
    name: 'clock_skew',
    kinds: ['clock_skew'],
    cooldownMs: 10 * secondMs,
    reprobe: () => ({ probe: 'clock', target: wholeSystemTarget }),
    steps: [
      {
        deed: { action: 'clock.measure' },
        words: 'ask every trusted clock again',
        verifyMs: 20 * secondMs,
      },
      {
        deed: { action: 'clock.measure' },
        words: 'ask them once more',
        verifyMs: minuteMs,
      },
    ],
  },
];

export const ladderPlaybooks = ladders.map(ladderPlaybook);
