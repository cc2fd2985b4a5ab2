// The metrics of deciding and scheduling: verdicts by action and mode, what work found, what waiting may have cost.
import { marketModes } from '../../shared/domain/mode.ts';
import { marketMode } from '../overview.ts';
import { counter, gauge, labelled, type MetricDefinition } from './metric-definition.ts';

export function workMetrics(): MetricDefinition[] {
  return [...verdictMetrics(), ...learningMetrics(), ...schedulerMetrics()];
}

function verdictMetrics(): MetricDefinition[] {
  return [
    labelled(
      'counter',
      'ato_decisions_total',
      'Decisions since the start, by action and mode.',
      ['action', 'mode'],
      ({ verdicts }) => verdicts.decisions.entries(),
    ),
    labelled(
      'counter',
      'ato_decision_outcomes_total',
      'Decisions scored since the start, by action, mode and outcome; idle ones ran nothing and missed something.',
      ['action', 'mode', 'outcome'],
      ({ verdicts }) => verdicts.outcomes.entries(),
    ),
    labelled(
      'counter',
      'ato_decision_triggers_total',
      'Decisions since the start, by what caused them.',
      ['trigger'],
      ({ verdicts }) => verdicts.triggers.entries(),
    ),
    gauge(
      'ato_decision_confidence',
      'Confidence of the last decision, 0 to 1.',
      ({ live }) => live.decision?.confidence,
    ),
    gauge('ato_decision_last_timestamp_seconds', 'When the last decision was made.', ({ live }) =>
      live.decision === undefined ? undefined : live.decision.at / 1_000,
    ),
    labelled(
      'gauge',
      'ato_market_mode',
      'The market mode: 1 on the mode that holds.',
      ['mode'],
      ({ live }) => {
        const now = marketMode(live);
        return marketModes.map((mode) => [{ mode }, Number(mode === now)]);
      },
    ),
  ];
}

function learningMetrics(): MetricDefinition[] {
  return [
    gauge(
      'ato_learning_brier_score',
      'Mean squared error of confidence over the newest 512 scored decisions since the start; 0 is perfect, NaN before the first.',
      ({ learning }) => learning.brier,
    ),
    gauge(
      'ato_learning_brier_base_rate',
      'The same of always saying their share of successes: what confidence must beat.',
      ({ learning }) => learning.brierOfBaseRate,
    ),
    gauge(
      'ato_learning_net_day',
      'Hindsight of decisions scored within the last day (of the newest 512): worth found less missed less paid, in find values.',
      ({ learning }) => learning.netOfDay,
    ),
    labelled(
      'counter',
      'ato_learning_worth_total',
      'What hindsight says of scored decisions, in find values, by part.',
      ['part'],
      ({ learning }) => learning.worth.entries(),
    ),
    labelled(
      'counter',
      'ato_learning_signals_total',
      'Signals of scored decisions, by what became of them.',
      ['outcome'],
      ({ learning }) => learning.signals.entries(),
    ),
    labelled(
      'counter',
      'ato_learning_choices_total',
      'Looks chosen, by kind and by whom: learning where without learnt terms (records, optimism, memory) another look at that market led.',
      ['kind', 'by'],
      ({ learning }) => learning.choices.entries(),
    ),
  ];
}

function schedulerMetrics(): MetricDefinition[] {
  return [
    labelled(
      'counter',
      'ato_scheduler_looks_total',
      'Looks at single symbols since the start, by what they showed.',
      ['result'],
      ({ scheduler }) => scheduler.looks.entries(),
    ),
    counter(
      'ato_scheduler_regret_seconds_total',
      'Time by which finds could have been seen earlier at most since the start: from the first bar nobody looked at to the newest.',
      ({ scheduler }) => scheduler.regretMs / 1_000,
    ),
    labelled(
      'counter',
      'ato_task_looked_at_total',
      'Things looked at by tasks since the start.',
      ['kind'],
      ({ scheduler }) => scheduler.lookedAt.entries(),
    ),
    labelled(
      'counter',
      'ato_task_found_total',
      'Things found by tasks since the start.',
      ['kind'],
      ({ scheduler }) => scheduler.found.entries(),
    ),
    labelled(
      'counter',
      'ato_task_effects_total',
      'Tasks answered since the start, by whether the promised effect was observed.',
      ['kind', 'effect'],
      ({ scheduler }) => scheduler.effects.entries(),
    ),
    labelled(
      'counter',
      'ato_workflow_results_total',
      'Ends of workflows on the workflow server since the start, by outcome and by who told.',
      ['outcome', 'via'],
      ({ activity }) => activity.workflows.entries(),
    ),
  ];
}
