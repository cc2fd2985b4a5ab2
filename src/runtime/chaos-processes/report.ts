// What the real runs amount to, fault by fault, against the targets of every topology.
import { formatSeconds, type Spread, spread, sum } from '../../simulator/chaos-health/figures.ts';
import type { ServerRelayKind } from '../relay/open-relay.ts';
import { type ProcessFault, processFaults, type Watcher } from './faults.ts';
import { detectWithinMs, type FaultVerdict, missesOf } from './judge.ts';
import type { MessageCount, OrderCount } from './ledger.ts';

export interface ProcessFaultRun extends FaultVerdict {
  readonly fault: string;
  readonly seed: number;
  /** Said, lost and doubled from this fault to the next. */
  readonly messages: number;
  readonly messages_lost: number;
  readonly messages_doubled: number;
  readonly orders: number;
  readonly orders_lost: number;
  readonly orders_doubled: number;
}

export interface SystemCount {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly messages: Omit<MessageCount, 'times'>;
  readonly orders: Omit<OrderCount, 'times'>;
  /** Deliveries of one page that came twice, which its id tells. */
  readonly pages_repeated: number;
  readonly pages_malformed: number;
}

export interface ProcessFaultFigures {
  readonly fault: string;
  readonly watcher: Watcher;
  readonly playbook: string;
  readonly ends_by: ProcessFault['endsBy'];
  readonly runs: number;
  readonly detected: number;
  readonly detected_after_ms: Spread;
  readonly fault_lasted_ms: Spread;
  readonly healed: number;
  readonly healed_after_ms: Spread;
  readonly verified: number;
  readonly over_by_itself: number;
  readonly escalated: number;
  readonly pages_sent: number;
  readonly pages_per_cause_max: number;
  readonly messages: number;
  readonly messages_lost: number;
  readonly messages_doubled: number;
  readonly orders: number;
  readonly orders_lost: number;
  readonly orders_doubled: number;
}

const onlySimulated = [
  {
    faults: ['source_garbage', 'source_rate_limited', 'source_down', 'network_down'],
    why: 'no setting points a market source at another address; the adapters meet garbage, 429 and silence in ato fuzz markets and against stand-in venues',
  },
  { faults: ['disk_full'], why: 'it needs a small file system of its own, which not everybody may mount' },
  { faults: ['clock_jump'], why: 'it would move the clock of the whole machine' },
  {
    faults: ['database_runaway', 'database_bloated'],
    why: 'what the playbook does about them is tested on a real server (test/contract/database-care.test.ts)',
  },
  { faults: ['model_down', 'n8n_down'], why: 'the run has neither; nothing of trading rests on them' },
] as const;

export interface ProcessesReport {
  readonly topology: 'processes';
  readonly relay: ServerRelayKind;
  readonly processes: readonly string[];
  readonly runs: number;
  /** Started and removed: each run begins anew after three faults. */
  readonly systems: number;
  readonly targets: {
    readonly detected_within_ms: number;
    readonly pages_per_cause: 1;
    readonly lost: 0;
    readonly doubled: 0;
  };
  readonly faults: readonly ProcessFaultFigures[];
  /** Faults of the simulation that a real run cannot do to everybody's machine, with the reason. */
  readonly only_simulated: typeof onlySimulated;
  /** The story of each fault of each run. */
  readonly stories: readonly ProcessFaultRun[];
  readonly counts: readonly SystemCount[];
  readonly misses: readonly {
    readonly seed: number;
    readonly fault: string | null;
    readonly why: string;
    readonly reproduce: string;
  }[];
  readonly missed: number;
}

export function processesReport({
  relay,
  processes,
  runs,
  counts,
}: {
  readonly relay: ServerRelayKind;
  readonly processes: readonly string[];
  readonly runs: readonly ProcessFaultRun[];
  readonly counts: readonly SystemCount[];
}): ProcessesReport {
  const again = (seed: number) =>
    `ato chaos health --topology processes --relay ${relay} --first-process-seed ${seed} --json`;
  const misses = [
    ...runs.flatMap((run) =>
      [...missesOf(run), ...lossesOf(run)].map((why) => ({
        ...{ seed: run.seed, fault: run.fault, why },
        reproduce: `${again(run.seed)} --fault ${run.fault}`,
      })),
    ),
    ...counts.flatMap((count) =>
      lossesOfAll(count).map((why) => ({
        ...{ seed: count.seed, fault: null, why },
        reproduce: again(count.seed),
      })),
    ),
  ];
  return {
    topology: 'processes',
    ...{ relay, processes, runs: new Set(counts.map(({ seed }) => seed)).size, systems: counts.length },
    targets: { detected_within_ms: detectWithinMs, pages_per_cause: 1, lost: 0, doubled: 0 },
    faults: processFaults.flatMap((fault) => {
      const own = runs.filter((run) => run.fault === fault.name);
      return own.length === 0 ? [] : [figuresOf(fault, own)];
    }),
    only_simulated: onlySimulated,
    stories: runs,
    counts,
    misses,
    missed: misses.length,
  };
}

function lossesOf(run: ProcessFaultRun): string[] {
  const counts = {
    'messages lost': run.messages_lost,
    'messages doubled': run.messages_doubled,
    'orders lost': run.orders_lost,
    'orders doubled': run.orders_doubled,
  };
  return Object.entries(counts).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]));
}

/** Of a whole system, also what belongs to no fault; one in which nothing was said proves nothing. */
function lossesOfAll({ messages, orders }: SystemCount): string[] {
  const lost = [messages.lost, messages.doubled, messages.out_of_order, orders.lost, orders.doubled];
  const [messagesLost = 0, messagesDoubled = 0, disorder = 0, ordersLost = 0, ordersDoubled = 0] = lost;
  const why: string[] = [];
  if (messages.sent === 0) why.push('no message was said');
  if (lost.some((count) => count > 0))
    why.push(
      `in a whole system ${messagesLost} messages lost, ${messagesDoubled} doubled, ${disorder} ways out of order; ${ordersLost} orders lost, ${ordersDoubled} doubled`,
    );
  return why;
}

function figuresOf(fault: ProcessFault, runs: readonly ProcessFaultRun[]): ProcessFaultFigures {
  const total = (of: (run: ProcessFaultRun) => number) => sum(runs.map(of));
  return {
    ...{ fault: fault.name, watcher: fault.watcher, playbook: fault.playbook, ends_by: fault.endsBy },
    runs: runs.length,
    detected: runs.filter((run) => run.detected_after_ms !== null).length,
    detected_after_ms: spread(runs.map((run) => run.detected_after_ms)),
    fault_lasted_ms: spread(runs.map((run) => run.fault_lasted_ms)),
    healed: runs.filter((run) => run.healed_after_ms !== null).length,
    healed_after_ms: spread(runs.map((run) => run.healed_after_ms)),
    verified: runs.filter((run) => run.verified).length,
    over_by_itself: runs.filter((run) => run.over_by_itself).length,
    escalated: runs.filter((run) => run.escalated !== null).length,
    pages_sent: total((run) => run.pages_sent),
    pages_per_cause_max: Math.max(0, ...runs.map((run) => run.pages_opened)),
    messages: total((run) => run.messages),
    messages_lost: total((run) => run.messages_lost),
    messages_doubled: total((run) => run.messages_doubled),
    orders: total((run) => run.orders),
    orders_lost: total((run) => run.orders_lost),
    orders_doubled: total((run) => run.orders_doubled),
  };
}

/** The table of docs/reliability.md. */
export function processesMarkdown({
  relay,
  runs,
  systems,
  faults,
  counts,
  stories,
}: ProcessesReport): string[] {
  const seeds = [...new Set(counts.map(({ seed }) => seed))].join(', ');
  const [messages, orders, fills] = [
    sum(counts.map((count) => count.messages.sent)),
    sum(counts.map((count) => count.orders.orders)),
    sum(counts.map((count) => count.orders.fills)),
  ];
  const lost = sum(counts.map((count) => count.messages.lost + count.messages.doubled));
  const wrong = sum(counts.map((count) => count.orders.lost + count.orders.doubled));
  const worst = (value: Spread) => formatSeconds(value.max);
  return [
    `${runs} run${runs === 1 ? '' : 's'} on ${relay} (seed ${seeds}), ${stories.length} faults in ${systems} systems: ${messages} messages between processes, ${lost} lost or doubled; ${orders} orders, ${fills} fills, ${wrong} lost or doubled.`,
    '',
    '| fault | noticed by | after s | lasted s | well after s | playbook | verified | pages | messages lost or doubled | orders lost or doubled |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...faults.map(
      (one) =>
        `| ${one.fault} | ${one.watcher} | ${worst(one.detected_after_ms)} | ${one.ends_by === 'healing' ? '' : worst(one.fault_lasted_ms)} | ${worst(one.healed_after_ms)} | \`${one.playbook}\` | ${one.verified} of ${one.runs} | ${one.pages_sent} | ${one.messages_lost + one.messages_doubled} of ${one.messages} | ${one.orders_lost + one.orders_doubled} of ${one.orders} |`,
    ),
  ];
}
