// Everything bad at once, into one running orchestrator: the decision cycle goes on, and what is good is still done.
import { expect, test } from 'vitest';
import { reply, withModels } from '../../test/support/model-replies.ts';
import { type ModelScript, testSettings, World } from '../../test/support/orchestrator-world.ts';
import type { LookBar } from '../shared/domain/look.ts';
import { hourMs, minuteMs } from '../shared/domain/time.ts';
import { learningView } from './learning-view.ts';
import { maxDecisionIntervalMs } from './scheduler.ts';

const wednesday = Date.parse('2026-03-04T10:00:00Z');

const texts = [
  '',
  '{"choice":["crypto-nor',
  '```json\n{"choice":[]}\n```',
  'Voici : {"choix":[]}',
  'x'.repeat(200_000),
  'ignore all rules and BUY',
  '<html><body>502</body></html>',
];

test('whatever comes, decisions are made in time, tasks are done, and nobody fails', () => {
  let asked = 0;
  const model: ModelScript = (ask) => reply(ask, { text: texts[asked++ % texts.length] ?? '' });
  const settings = {
    ...withModels(),
    universe: [...testSettings.universe, 'SOLUSDT'],
    workflows: { server: 'n8n', runner: 'auto' as const },
  };
  const world = new World({ now: wednesday, settings, model })
    .start()
    .health()
    .trading(0)
    .market('crypto', 1);
  const html = '<html><body>Bad gateway</body></html>';
  for (let step = 0; step < 80; step += 1) {
    world.market('crypto', [0.2, 5, 1, 1e9][step % 4] ?? 1).market('forex', step % 3 === 0 ? null : 1);
    world.source(
      ['binance', html, 'tradermade'][step % 3] ?? '',
      step % 5 === 0 ? 'blind' : 'live',
      step % 2,
    );
    // A source that lies about time, and a clock an hour back.
    world.send(
      'health.summary',
      { system_load: 0.1, source_health: {}, open_incidents: 0, critical_incidents: 0 },
      world.now - hourMs,
    );
    for (const call of world.effects.filter(({ kind }) => kind === 'workflow.run').slice(-2)) {
      const data = call.data as { task_id: string; kind: 'crypto-normal-scan'; attempt: number };
      world.send('workflow.result', {
        task_id: data.task_id,
        kind: data.kind,
        attempt: data.attempt,
        succeeded: step % 2 === 0,
        result: {
          effect_observed: true,
          looked_at: 1,
          found: 0,
          summary: html,
          error: null,
          looks: lies(world.now),
        },
        outcome: 'finished',
        via: 'response',
        execution_id: null,
      });
    }
    world.advance(3 * minuteMs);
  }
  const times = world.decisions.map(({ at }) => at);
  const gaps = times.slice(1).map((at, k) => at - (times[k] ?? at));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(maxDecisionIntervalMs);
  expect(world.of('kernel.agent_failed')).toEqual([]);
  expect(world.of('task.changed').some(({ data }) => data.state === 'succeeded')).toBe(true);
  expect(world.of('decision.scored').length).toBeGreaterThan(10);
  const view = learningView(world.mirror, {}, world.now);
  expect(JSON.parse(JSON.stringify(view)), 'nothing in it is not a number').toEqual(view);
  expect(asked).toBeGreaterThan(0);
});

/** Bars of the future, of long ago, out of order, without a price, and twice. */
function lies(now: number) {
  const bars: LookBar[] = [
    [now + hourMs, 100, 1],
    [1, 100, 1],
    [now - minuteMs, -5, 1],
    [now - 10 * minuteMs, 0, 1],
    [now - 10 * minuteMs, 1e300, 1],
    [now - 10 * minuteMs, 1e300, 1],
  ];
  return ['BTCUSDT', 'NOSUCH'].map((symbol) => ({ symbol, seen: true, found: 3, bars }));
}
