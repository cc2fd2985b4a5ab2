// An order leaves only while this process certainly holds the lease; otherwise it is said that it was not sent.
import { expect, test } from 'vitest';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { Effect } from '../../shared/bus/effects.ts';
import { EffectRunner, type EffectRunnerOptions } from './effect-runner.ts';

function runner(mayTrade: () => Promise<void>) {
  const sent: string[] = [];
  const posted: KernelInput[] = [];
  const options = {
    broker: {
      name: 'paper',
      submit: async ({ client_order_id }: { readonly client_order_id: string }) =>
        void sent.push(client_order_id),
      cancel: async (id: string) => void sent.push(`cancel ${id}`),
    },
    clock: { now: () => 1_000 },
    post: (input: KernelInput) => posted.push(input),
    mayTrade,
  } as unknown as EffectRunnerOptions;
  return { runner: new EffectRunner(options), sent, posted };
}

const submit = { kind: 'broker.submit', data: { client_order_id: 'o1', symbol: 'BTCUSDT' } } as Effect;
const cancel = { kind: 'broker.cancel', data: { client_order_id: 'o2', symbol: 'BTCUSDT' } } as Effect;

test('without the lease nothing is sent, and the books hear that it was not', async () => {
  const {
    runner: lost,
    sent,
    posted,
  } = runner(() => Promise.reject(new Error('another process has taken over')));
  lost.release(submit as never);
  lost.release(cancel as never);
  await expect.poll(() => posted.length).toBe(2);
  expect(sent).toEqual([]);
  expect(posted.map(({ data }) => data)).toMatchObject([
    {
      client_order_id: 'o1',
      action: 'submit',
      outcome: 'not-sent',
      detail: 'another process has taken over',
    },
    { client_order_id: 'o2', action: 'cancel', outcome: 'not-sent' },
  ]);
});

test('with the lease both are sent, after the question was answered', async () => {
  const order: string[] = [];
  const { runner: held, sent } = runner(async () => void order.push('asked'));
  held.release(submit as never);
  await expect.poll(() => sent).toEqual(['o1']);
  held.release(cancel as never);
  await expect.poll(() => sent).toEqual(['o1', 'cancel o2']);
  expect(order).toEqual(['asked', 'asked']);
});
