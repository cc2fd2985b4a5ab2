// The chain that ARCHITECTURE.md describes under "The life of an order" really happens, step by step, in the journal of
// a simulation: under one correlation id from the signal to the settlement.
import { beforeAll, describe, expect, test } from 'vitest';
import { simulate } from '../../src/runtime/simulation.ts';
import { type JournalledTurn, readJournalLine } from '../../src/shared/bus/journal-line.ts';
import type { AnyMessage } from '../../src/shared/bus/message.ts';
import { environmentSchema } from '../../src/shared/config/settings.ts';
import { dayMs } from '../../src/shared/domain/time.ts';
import { readDocument } from '../support/api-document.ts';

const from = Date.UTC(2026, 0, 5);
const turns: JournalledTurn[] = [];

/** One message, order of the journal. */
interface Step {
  readonly sequence: number;
  readonly message: AnyMessage;
}

const steps: Step[] = [];

beforeAll(async () => {
  await simulate(environmentSchema.parse({}), {
    symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'],
    seed: 7,
    from,
    to: from + 8 * dayMs,
    note: () => undefined,
    progress: () => undefined,
    keep: (batch) => {
      for (const entry of batch.entries) {
        const turn = readJournalLine(entry.line);
        if (turn !== undefined && turn.emitted.length > 0) turns.push(turn);
      }
    },
  });
  for (const { sequence, input, emitted } of turns)
    for (const message of [input, ...emitted]) steps.push({ sequence, message });
});

/** Messages of one type, with the type of their data. */
function of<Type extends AnyMessage['message_type']>(type: Type, among: readonly Step[] = steps) {
  return among.flatMap(({ sequence, message }) =>
    message.message_type === type
      ? [{ sequence, message: message as Extract<AnyMessage, { message_type: Type }> }]
      : [],
  );
}

/** Turns in which a decision's scan began at once; a scan may also wait for its locks, or be asked for by a floor. */
function begunAtOnce(signalId: string | null): boolean {
  const signal = of('signal').find(({ message }) => message.data.signal_id === signalId);
  const assigned = of('task.assigned').find(
    ({ message }) => message.data.task_id === signal?.message.data.task_id,
  );
  const turn = turns.find(({ sequence }) => sequence === assigned?.sequence);
  return turn?.emitted.some((message) => message.message_type === 'decision') ?? false;
}

/** A position that was closed by its stop or target, with everything under its correlation id. */
function settledLife() {
  const closed = of('trading.position_changed').find(
    ({ message }) =>
      message.data.closed_at !== null &&
      /stop|target/.test(message.data.close_reason ?? '') &&
      begunAtOnce(message.data.signal_id),
  );
  if (closed === undefined) throw new Error('no position was closed by its stop or target');
  const { correlation_id, data } = closed.message;
  return {
    position: data,
    life: steps.filter(({ message }) => message.correlation_id === correlation_id),
  };
}

describe('the life of an order', () => {
  test('is described in six steps', () => {
    const section = readDocument('ARCHITECTURE.md').split('## The life of an order')[1]?.split('\n## ')[0];
    expect(section?.match(/^\d\. /gm)).toHaveLength(6);
  });

  test('1 and 2: a decision renews the mandate and assigns a scan; the scan gives a signal without a quantity', () => {
    const { position } = settledLife();
    const signal = of('signal').find(({ message }) => message.data.signal_id === position.signal_id);
    const assigned = of('task.assigned').find(
      ({ message }) => message.data.task_id === signal?.message.data.task_id,
    );
    const deciding = turns.find(({ sequence }) => sequence === assigned?.sequence);
    expect(deciding?.input.message_type).toBe('kernel.alarm');
    const types = deciding?.emitted.map((message) => message.message_type) ?? [];
    expect(types).toEqual(expect.arrayContaining(['decision', 'mandate', 'task.assigned']));
    expect(types.indexOf('decision')).toBeLessThan(types.indexOf('task.assigned'));
    expect(signal?.message.from).toBe('analyst_ai');
    expect(signal?.message.data.evidence.length).toBeGreaterThan(0);
    expect(signal?.message.data.confidence).toBeGreaterThan(0);
    expect(signal?.message.data.expires_at).toBeGreaterThan(signal?.message.data.issued_at ?? 0);
    expect(Object.keys(signal?.message.data ?? {}).join()).not.toMatch(/quantity|size|amount/);
    const completed = of('task.completed').find(
      ({ message }) => message.data.task_id === signal?.message.data.task_id,
    );
    expect(completed?.sequence).toBeGreaterThanOrEqual(signal?.sequence ?? 0);
  });

  test('3: every signal is answered in its own turn; a refusal has a code, a limit and what was found', () => {
    const refused = of('trading.refused').map(({ message }) => message.data);
    expect(refused.length).toBeGreaterThan(0);
    for (const refusal of refused) expect(refusal.code).toMatch(/^[a-z_]+$/);
    for (const { sequence, message } of of('signal')) {
      const id = message.data.signal_id;
      const answer = turns
        .find((turn) => turn.sequence === sequence)
        ?.emitted.some(
          (said) =>
            (said.message_type === 'trading.refused' && said.data.signal_id === id) ||
            (said.message_type === 'trading.order_changed' && said.data.reason.includes(id)),
        );
      expect(answer, `${id} got neither an order, nor an exit, nor a refusal`).toBe(true);
    }
  });

  test('4: the order is written before it is submitted, once, with stop and target', () => {
    const submitted = new Set<string>();
    for (const { effects, emitted } of turns)
      for (const effect of effects) {
        if (effect.kind !== 'broker.submit') continue;
        const { client_order_id: id, leg, bracket } = effect.data;
        expect(id).toMatch(/^ord-[0-9a-f]{20}$/);
        expect(submitted, 'submitted twice').not.toContain(id);
        submitted.add(id);
        const written = emitted.find(
          (message) =>
            message.message_type === 'trading.order_changed' && message.data.client_order_id === id,
        );
        expect(written?.data).toMatchObject({ state: 'pending_submit' });
        if (leg === 'entry')
          expect(bracket).toMatchObject({ stop_price: expect.any(String), target_price: expect.any(String) });
      }
    expect(submitted.size).toBeGreaterThan(5);
  });

  test('5 and 6: under one correlation id: order, acceptance, fill, position, protection, settlement', () => {
    const { position, life } = settledLife();
    const told = life.flatMap(({ message }) => {
      if (message.message_type === 'signal') return ['signal'];
      if (message.message_type === 'trading.order_changed')
        return [`${message.data.leg} ${message.data.state}`];
      if (message.message_type === 'trading.position_changed')
        return [message.data.closed_at === null ? 'position open' : 'position closed'];
      return [];
    });
    const closing = /stop/.test(position.close_reason ?? '') ? 'stop' : 'target';
    const other = closing === 'stop' ? 'target' : 'stop';
    const chain = [
      'signal',
      'entry pending_submit',
      'entry accepted',
      'position open',
      `${other} accepted`,
      'position closed',
      `${other} cancelled`,
    ];
    expect(told.filter((step, index) => chain.includes(step) && told.indexOf(step) === index)).toEqual(chain);
    for (const step of ['entry filled', `${closing} accepted`, `${closing} filled`])
      expect(told).toContain(step);
    // What the agent only intends (to place, to cancel) it says itself; every other change was caused by a report of the broker.
    const intended: ReadonlySet<string> = new Set(['pending_submit', 'cancel_requested']);
    for (const { sequence, message } of life) {
      if (message.message_type !== 'trading.order_changed' || intended.has(message.data.state)) continue;
      expect(turns.find((turn) => turn.sequence === sequence)?.input.message_type).toBe('broker.report');
    }
  });
});
