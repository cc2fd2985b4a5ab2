// Properties of the incident book over random symptom streams, and its named rules one by one.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentId } from '../kernel/content-id.ts';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import type { CauseContext } from './causes.ts';
import { IncidentBook, type IncidentChange } from './incident-book.ts';
import { maxCauses } from './limits.ts';
import type { CauseState } from './memory.ts';

const calm: CauseContext = {
  trading: { known: true, state: 'active', open_positions: 0, unknown_orders: 0 },
  sourcesUp: 1,
};
const start = 1_700_000_000_000;

type Step = readonly ['raise' | 'clear' | 'pulse' | 'wait' | 'escalate', number, number];

const causes = [
  'source_stale:binance',
  'source_stale:tape',
  'network',
  'agent_failed:analyst_ai',
  'event_loop_slow',
  'agent_slow:trading_ai',
  'store_slow',
  'dead_letters',
  'unknown_orders',
];
const levels = ['info', 'warning', 'critical'] as const;
const steps = fc.array(
  fc.tuple(
    fc.constantFrom('raise', 'clear', 'pulse', 'wait', 'escalate'),
    fc.nat(causes.length - 1),
    fc.integer({ min: 1, max: 400_000 }),
  ) as fc.Arbitrary<Step>,
  // Without a size the library would only try about ten steps.
  { maxLength: 200, size: 'max' },
);

/** Applies a step and lets time act at every deadline on the way, as the alarm does. */
function walk(book: IncidentBook, now: number, [deed, which, amount]: Step): [number, IncidentChange[]] {
  const cause = causes[which]!;
  const changes: IncidentChange[] = [];
  let at = now;
  if (deed === 'wait') {
    const end = now + amount;
    for (;;) {
      const due = book.nextDeadline();
      if (due === undefined || due > end) break;
      at = Math.max(due, at);
      const before = changes.length;
      changes.push(...book.sweep(at, calm, contentId));
      const next = book.nextDeadline();
      if (next !== undefined && next <= at)
        throw new Error(`stuck at ${at} after ${changes.length - before}`);
    }
    at = end;
  } else if (deed === 'raise') book.raise(cause, now, levels[amount % 3]!, `evidence ${amount}`);
  else if (deed === 'clear') book.clear(cause, now);
  else if (deed === 'pulse') book.pulse(cause, now, levels[amount % 3]!, `event ${amount}`);
  else if (book.isOpen(cause)) book.escalate(cause, 'a person is needed');
  changes.push(...book.sweep(at, calm, contentId));
  return [at, changes];
}

// Found by seed 1764179625: the doubled quiet period outlasts the flap memory, so both end at one instant.
const brief: Step[] = [
  ['raise', 3, 1],
  ['clear', 3, 1],
];
const quiet = (minutes: number): Step => ['wait', 0, minutes * minuteMs];
const outlastsTheFlapMemory: Step[] = [
  ...brief,
  quiet(10),
  ...brief,
  quiet(20),
  ...brief,
  quiet(40),
  ['raise', 3, 1],
];

test('phases alternate, severity never falls, and every opened incident ends when all is quiet', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const book = new IncidentBook();
      const open = new Map<string, IncidentChange>();
      const ids = new Set<string>();
      let now = start;
      const check = (change: IncidentChange) => {
        const { cause, id } = change.incident;
        const before = open.get(cause);
        if (change.phase === 'opened') {
          expect(before).toBeUndefined();
          expect(ids.has(id)).toBe(false);
          ids.add(id);
          open.set(cause, change);
        } else {
          expect(before?.incident.id).toBe(id);
          expect(levels.indexOf(change.incident.severity)).toBeGreaterThanOrEqual(
            levels.indexOf(before!.incident.severity),
          );
          if (change.phase === 'resolved') open.delete(cause);
          else open.set(cause, change);
        }
      };
      for (const step of script) {
        const [at, changes] = walk(book, now, step);
        now = at;
        changes.forEach(check);
      }
      for (const index of causes.keys()) walk(book, now, ['clear', index, 1])[1].forEach(check);
      walk(book, now, ['wait', 0, 4 * 60 * minuteMs])[1].forEach(check);
      expect(open.size).toBe(0);
      expect(book.size).toBe(0);
    }),
    { numRuns: 60, examples: [[outlastsTheFlapMemory]] },
  );
});

test('a book restored from its durable memory goes on exactly like one that kept running', () => {
  fc.assert(
    fc.property(steps, fc.nat(200), (script, cut) => {
      const kept = new IncidentBook();
      let restored = new IncidentBook();
      const durable = new Map<string, CauseState>();
      let now = start;
      script.forEach((step, index) => {
        const [at, expected] = walk(kept, now, step);
        const [, actual] = walk(restored, now, step);
        expect(JSON.stringify(actual)).toBe(JSON.stringify(expected));
        expect(restored.nextDeadline()).toBe(kept.nextDeadline());
        kept.takeDirty();
        for (const [cause, state] of restored.takeDirty())
          if (state === null) durable.delete(cause);
          else durable.set(cause, state);
        if (index === cut) {
          restored = new IncidentBook();
          const rows = [...durable.values()].map((state) => JSON.parse(JSON.stringify(state)) as CauseState);
          restored.restore(rows.reverse());
        }
        now = at;
      });
    }),
    { numRuns: 60 },
  );
});

test('1,000 flaps of one cause: one opened, at most one updated, one resolved', () => {
  for (const periodMs of [200, secondMs, 10 * secondMs, 40 * secondMs]) {
    const book = new IncidentBook();
    const phases: string[] = [];
    let now = start;
    const note = ([at, changes]: [number, IncidentChange[]]) => {
      now = at;
      for (const change of changes) phases.push(change.phase);
    };
    for (let count = 0; count < 1_000; count++) {
      note(walk(book, now, ['raise', 0, 1]));
      note(walk(book, now, ['wait', 0, periodMs / 2]));
      note(walk(book, now, ['clear', 0, 1]));
      note(walk(book, now, ['wait', 0, periodMs / 2]));
    }
    expect(phases).toEqual(['opened']);
    note(walk(book, now, ['wait', 0, 10 * minuteMs]));
    expect(phases).toEqual(['opened', 'resolved']);
  }
});

test('a slow flapper must stay quiet longer each time it comes back', () => {
  const book = new IncidentBook();
  const resolvedAfter: number[] = [];
  let now = start;
  for (let round = 0; round < 4; round++) {
    [now] = walk(book, now, ['raise', 0, 1]);
    [now] = walk(book, now, ['wait', 0, 20 * secondMs]);
    expect(book.isOpen('source_stale:binance')).toBe(true);
    book.clear('source_stale:binance', now);
    const cleared = now;
    const [at, changes] = walk(book, now, ['wait', 0, 12 * minuteMs]);
    now = at;
    resolvedAfter.push(changes.find(({ phase }) => phase === 'resolved')!.incident.updated_at - cleared);
  }
  expect(resolvedAfter).toEqual([minuteMs, 2 * minuteMs, 4 * minuteMs, 8 * minuteMs]);
});

test('a blip shorter than the debounce opens nothing and is forgotten', () => {
  const book = new IncidentBook();
  book.raise('source_stale:binance', start, 'warning', 'stale');
  book.clear('source_stale:binance', start + 5 * secondMs);
  expect(book.sweep(start + 60 * secondMs, calm, contentId)).toEqual([]);
  expect(book.sweep(start + 66 * secondMs, calm, contentId)).toEqual([]);
  expect(book.size).toBe(0);
});

test('the network explains its sources: one incident, and a source that stays down afterwards gets its own', () => {
  const book = new IncidentBook();
  book.raise('source_stale:a', start, 'warning', 'blind');
  book.raise('source_stale:b', start + secondMs, 'warning', 'blind');
  book.raise('network', start + secondMs, 'warning', 'all down');
  const opened = book.sweep(start + 30 * secondMs, calm, contentId);
  expect(opened.map(({ incident }) => incident.cause)).toEqual(['network']);
  expect(opened[0]!.incident.summary).toContain('explains source_stale:a, source_stale:b');
  book.clear('network', start + 40 * secondMs);
  book.clear('source_stale:a', start + 40 * secondMs);
  expect(book.sweep(start + 51 * secondMs, calm, contentId)).toEqual([]);
  const later = book.sweep(start + 52 * secondMs, calm, contentId);
  expect(later.map(({ incident }) => incident.cause)).toEqual(['source_stale:b']);
});

test('an incident that became critical because of open positions says so once and stays critical', () => {
  const book = new IncidentBook();
  const flat: CauseContext = { ...calm, sourcesUp: 0 };
  const exposed: CauseContext = { ...flat, trading: { ...calm.trading, open_positions: 2 } };
  book.raise('source_stale:a', start, 'warning', 'blind');
  const at = start + 20 * secondMs;
  expect(book.sweep(at, flat, contentId).map(({ incident }) => incident.severity)).toEqual(['warning']);
  expect(book.sweep(at, exposed, contentId).map(({ incident }) => incident.severity)).toEqual(['critical']);
  expect(book.sweep(at, flat, contentId)).toEqual([]);
  expect(book.sweep(at, exposed, contentId)).toEqual([]);
});

test('memory stays bounded when causes never end', () => {
  const book = new IncidentBook();
  for (let index = 0; index < 10_000; index++) book.raise(`quarantined:s${index}`, start, 'info', 'x');
  expect(book.size).toBe(maxCauses + 1);
  expect(book.get('many_causes')?.symptoms).toBe(10_000 - maxCauses);
});
