import { expect, test } from 'vitest';
import type { HealRecord, Incident } from '../../shared/domain/incident.ts';
import type { Fill, Order } from '../../shared/domain/order.ts';
import { compareBooks } from '../../simulator/chaos-health/books.ts';
import { roundsOf } from './chaos-processes.ts';
import { processFaultNames, processFaults } from './faults.ts';
import { type Evidence, judge, missesOf } from './judge.ts';

const faultOf = (name: string) => {
  const fault = processFaults.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`no fault ${name}`);
  return fault;
};

const cause = 'agent_failed:trading_ai';
const incident = (seenAt: number, more: Partial<Incident> = {}) => ({
  seenAt,
  incident: {
    ...{
      id: 'i1',
      cause,
      severity: 'critical',
      summary: 'Agent trading_ai failed',
      consequence: '',
      symptoms: 1,
    },
    ...{ opened_at: 0, updated_at: 0, resolved_at: null, open: true, ...more },
  } as Incident,
});
const heal = (seenAt: number, more: Partial<HealRecord> = {}) => ({
  seenAt,
  heal: {
    ...{
      id: 'h1',
      playbook: 'restart_agent',
      target: 'trading_ai',
      incident_id: 'i1',
      before: 'gone',
      after: null,
    },
    ...{ outcome: 'started', attempt: 1, at: 0, finished_at: null, ...more },
  } as HealRecord,
});
const alert = (at: number, phase: 'opened' | 'resolved', incident_id = 'i1') =>
  ({ at, incident_id, severity: 'critical', phase, text: 'Agent trading_ai failed' }) as const;

const good: Evidence = {
  ...{
    begun: 1_000,
    until: 50_000,
    well: 4_000,
    lastedMs: 5,
    words: [{ at: 1_010, by: 'supervisor', text: 'trading ended: SIGKILL' }],
  },
  incidents: [incident(3_000)],
  heals: [heal(3_000), heal(13_000, { outcome: 'verified', after: 'running' })],
  alerts: [alert(3_100, 'opened')],
};
const killed = faultOf('trading_killed');

test('the watcher’s own word counts, from the fault on, and a verified record of its playbook', () => {
  const verdict = judge(killed, good);
  expect(verdict).toMatchObject({
    ...{ detected_after_ms: 2_000, healed_after_ms: 3_000, verified: true, verified_by: 'health_ai' },
    ...{ pages_sent: 1, pages_opened: 1, escalated: null },
    done: ['restart_agent trading_ai, attempt 1: verified: running'],
  });
  expect(verdict.pages[0]).toMatchObject({ cause, after_ms: 2_100, phase: 'opened' });
  expect(missesOf(verdict)).toEqual([]);
});

test('the supervisor’s word is not the health agent’s, nor is one from before the fault', () => {
  const silent = judge(killed, { ...good, incidents: [], heals: [] });
  expect(missesOf(silent)).toEqual(['not detected by health_ai', 'restart_agent was not verified']);
  const old = judge(killed, { ...good, incidents: [incident(500)], heals: [] });
  expect(old.detected_after_ms).toBeNull();
  const changed = judge(killed, { ...good, incidents: [incident(500), incident(3_000, { symptoms: 2 })] });
  expect(changed.detected_after_ms, 'an old incident that only goes on').toBeNull();
  const again = judge(killed, {
    ...good,
    incidents: [incident(500)],
    heals: [heal(3_500, { id: 'h2', attempt: 2 })],
  });
  expect(again.detected_after_ms, 'a further attempt inside it').toBe(2_500);
});

test('what is late, never well, told twice or not verified is a miss', () => {
  const misses = (change: Partial<Evidence>) => missesOf(judge(killed, { ...good, ...change }));
  expect(misses({ incidents: [incident(16_500)] })).toEqual(['detected by health_ai after 15.5 s']);
  expect(misses({ well: undefined })).toEqual(['neither healed nor escalated']);
  const called = incident(9_000, { summary: 'it was not restarted in time; a person is needed' });
  expect(misses({ well: undefined, incidents: [incident(3_000), called] })).toEqual([]);
  expect(misses({ heals: [heal(3_000)] })).toEqual(['restart_agent was not verified']);
  expect(misses({ heals: [heal(3_000, { target: 'analyst_ai', outcome: 'verified' })] })).toEqual([
    'restart_agent was not verified',
  ]);
  const undone = heal(3_000, { outcome: 'verified', before: 'the trouble is over' });
  expect(misses({ heals: [undone] }), 'what is only taken back heals nothing').toEqual([
    'restart_agent was not verified',
  ]);
  expect(
    misses({ alerts: [alert(3_100, 'opened'), alert(3_200, 'opened', 'i2'), alert(9_000, 'resolved')] }),
  ).toEqual(['2 pages for one cause']);
});

test('a page belongs to the fault in which its incident was first told, also its end', () => {
  const old = [alert(900, 'opened', 'i0'), alert(5_000, 'resolved', 'i0')];
  const later = [alert(60_000, 'resolved'), alert(51_000, 'opened', 'i9')];
  expect(judge(killed, { ...good, alerts: [...old, ...good.alerts, ...later] })).toMatchObject({
    ...{ pages_sent: 2, pages_opened: 1 },
    pages: [{ phase: 'opened' }, { phase: 'resolved', after_ms: 59_000 }],
  });
});

test('a server that came back between two attempts is over by itself, not healed', () => {
  const relay = faultOf('relay_partitioned');
  const failed = heal(3_000, { playbook: 'relay_down', target: 'redis', outcome: 'failed' });
  const down = incident(3_000, { cause: 'relay_down:redis' });
  const verdict = judge(relay, { ...good, incidents: [down], heals: [failed] });
  expect(verdict).toMatchObject({ verified: false, over_by_itself: true });
  expect(missesOf(verdict)).toEqual([]);
  expect(judge(killed, { ...good, heals: [] }).over_by_itself, 'what lasts until it is mended').toBe(false);
});

test('where no agent can hear, the named watcher and the outside view count', () => {
  const words = [
    { at: 1_100, by: 'trading', text: 'WARN something else' },
    { at: 1_900, by: 'trading', text: 'WARN the database does not answer' },
    { at: 9_000, by: 'supervisor', text: 'trading ended: exit code 1' },
  ];
  const blind: Evidence = { ...good, words, incidents: [], heals: [], alerts: [] };
  expect(judge(faultOf('database_frozen'), blind)).toMatchObject({
    ...{ watcher: 'store_watch', detected_after_ms: 900, verified: true, verified_by: 'outside' },
  });
  expect(judge(faultOf('database_killed'), blind)).toMatchObject({
    ...{ watcher: 'supervisor', detected_after_ms: 8_000, done: ['the supervisor started trading again'] },
  });
});

test('the same seed is the same order, with every fault once and no server twice in a round', () => {
  const names = (seed: number) => roundsOf(seed, undefined).map((round) => round.map(({ name }) => name));
  expect(names(7)).toEqual(names(7));
  expect(names(7).flat().toSorted()).toEqual([...processFaultNames].toSorted());
  expect(names(8)).not.toEqual(names(7));
  for (const round of names(7))
    for (const server of ['relay_', 'database_'])
      expect(round.filter((name) => name.startsWith(server)).length).toBeLessThanOrEqual(1);
  expect(roundsOf(7, ['trading_killed'])).toMatchObject([[{ name: 'trading_killed' }]]);
});

const order = (id: string, more: Partial<Order> = {}) =>
  ({
    ...{
      client_order_id: id,
      leg: 'entry',
      signal_id: `signal of ${id}`,
      filled_quantity: '2',
      created_at: 10,
    },
    ...more,
  }) as Order;
const fill = (id: string, client_order_id: string, quantity = '2') =>
  ({ id, client_order_id, quantity, at: 20 }) as Fill;
const atVenue = (...ids: string[]) =>
  ids.map((client_order_id) => ({ request: { client_order_id } }) as never);

test('books are compared with the venue row by row', () => {
  const truth = { orders: atVenue('a'), fills: [fill('f1', 'a')] };
  const compare = (orders: Order[], fills: Fill[]) => {
    const { lost, doubled } = compareBooks(orders, fills, truth);
    return { lost, doubled };
  };
  expect(compare([order('a')], [fill('f1', 'a')])).toEqual({ lost: 0, doubled: 0 });
  expect(compare([], [fill('f1', 'a')]), 'an order that only the venue knows').toEqual({
    lost: 1,
    doubled: 0,
  });
  expect(compare([order('a', { filled_quantity: '0' })], []), 'a lost fill').toEqual({ lost: 1, doubled: 0 });
  expect(compare([order('a')], []), 'a fill counted and not written').toEqual({ lost: 2, doubled: 0 });
  expect(
    compare([order('a'), order('b', { filled_quantity: '0', signal_id: 'signal of a' })], [fill('f1', 'a')]),
    'two entries of one signal',
  ).toEqual({ lost: 0, doubled: 1 });
  expect(
    compare([order('a'), order('b')], [fill('f1', 'a'), fill('f2', 'b')]),
    'a fill that the venue never made',
  ).toEqual({ lost: 0, doubled: 1 });
});
