// The metrics of the model layer. Their names are a contract, like those of metric-definitions.ts.
import { type MetricDefinition, scaled } from './metric-definition.ts';

function definition(
  type: MetricDefinition['type'],
  name: string,
  help: string,
  labels: readonly string[],
  read: MetricDefinition['read'],
): MetricDefinition {
  return { type, name: `orchestrator_model_${name}`, help, labels, read };
}

export function modelMetrics(): MetricDefinition[] {
  const provider = ['provider'];
  return [
    definition(
      'counter',
      'calls_total',
      'Calls of language models since the start, by what became of them.',
      ['provider', 'outcome'],
      ({ models }) => models.calls.entries(),
    ),
    definition(
      'counter',
      'tokens_total',
      'Tokens of model calls since the start; where a provider did not say, the reservation.',
      ['provider', 'direction'],
      ({ models }) => models.tokens.entries(),
    ),
    definition(
      'counter',
      'cost_usd_total',
      'Cost of model calls since the start in US dollars, by the prices in use.',
      provider,
      ({ models }) => scaled(models.microUsd.entries(), 1e-6),
    ),
    definition(
      'counter',
      'latency_seconds_total',
      'Time spent waiting for models since the start; divided by the calls it is the mean latency.',
      provider,
      ({ models }) => scaled(models.latencyMs.entries(), 1e-3),
    ),
    definition(
      'counter',
      'rejections_total',
      'Answers that were not accepted since the start, by reason; the policy stood.',
      ['provider', 'reason'],
      ({ models }) => models.rejections.entries(),
    ),
    definition(
      'counter',
      'fabrications_total',
      'Answers rejected since the start because they cited a number that is not in the snapshot.',
      [],
      ({ models }) => [[{}, models.fabrications]],
    ),
    definition(
      'counter',
      'cached_total',
      'Consultations answered from an equal snapshot since the start, without a call.',
      provider,
      ({ models }) => models.cached.entries(),
    ),
    definition(
      'gauge',
      'ready',
      'Whether a rung of the ladder may be asked: 1 yes, 0 backing off or at a limit.',
      provider,
      ({ live }) =>
        (live.ladder?.rungs ?? []).map((rung) => [
          { provider: rung.provider },
          Number(rung.state === 'ready'),
        ]),
    ),
    definition('gauge', 'spent_today_usd', 'Booked since 00:00 UTC in US dollars.', [], ({ live }) => [
      [{}, live.ladder?.usd_today ?? 0],
    ]),
  ];
}
