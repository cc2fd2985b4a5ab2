// What has been learnt, for people: read from durable rows alone, on a copy. Asking changes nothing.
import type { StateReader } from '../kernel/agent.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { BeliefView, CellView, LearningView } from '../shared/domain/learning-view.ts';
import { taskKinds } from '../shared/domain/task.ts';
import { dayMs, type EpochMs } from '../shared/domain/time.ts';
import { type Belief, meanBelief, rateBelief } from './learning/belief.ts';
import { maxEpisodes } from './learning/episodes.ts';
import { Learning } from './learning/learning.ts';
import { looksAtMarkets } from './learning/promises.ts';
import { dimensions, featureLength, vectorLength } from './learning/situation.ts';
import { halfLifeMs } from './learning/track-record.ts';
import { readMemory } from './memory-rows.ts';
import { rounded } from './numbers.ts';

const order: readonly string[] = ['all', ...dimensions];

/** What the rows say at `now`. Throws nothing for rows of another version: they are not counted. */
export function learningView(
  state: StateReader,
  settings: Pick<AgentSettings, 'learning'>,
  now: EpochMs,
): LearningView {
  const influences = settings.learning !== 'off';
  const learning = new Learning({ influences, hindsightMs: 0 });
  learning.restore(state);
  const { situation, recalled, termsOf } = lastInsight(learning, state, now);
  return {
    influences,
    open_decisions: learning.open,
    half_life_days: halfLifeMs / dayMs,
    cells: cellsOf(learning, now),
    variants: taskKinds.filter(looksAtMarkets).map((kind) => {
      const value = learning.variants.valueOf(kind, situation.features, now);
      return {
        kind,
        mean: rounded(value.mean, 4),
        width: rounded(value.width, 4),
        weight: rounded(value.weight, 1),
        terms: termsOf(kind),
      };
    }),
    calibration: {
      ...learning.calibration.reliability,
      coefficients: learning.calibration.coefficients,
      retrained: learning.calibration.retrained,
    },
    episodes: { held: learning.episodes.size, limit: maxEpisodes },
    recalled: recalled.map(({ similarity, at, mode, kinds, decisions, kept, found, missed, net }) => ({
      similarity,
      last_at: at,
      mode,
      kinds,
      decisions,
      kept_share: rounded(kept / decisions),
      found,
      missed,
      net: rounded(net / decisions),
    })),
  };
}

/** What is known of the situation of the last decision that hindsight still follows; of none, of an empty situation. */
function lastInsight(learning: Learning, state: StateReader, now: EpochMs) {
  const id = readMemory(state, 'control')?.last_decision_id ?? null;
  const situation = (id === null ? undefined : learning.situationOf(id)) ?? {
    mode: 'standby' as const,
    cells: [],
    vector: Array.from({ length: vectorLength }, () => 0),
    features: Array.from({ length: featureLength }, (_, k) => (k === 0 ? 1 : 0)),
  };
  const insight = learning.insightOf(situation, now);
  return {
    situation,
    recalled: insight.recalled,
    termsOf: (kind: (typeof taskKinds)[number]) => insight.termsOf(kind),
  };
}

function cellsOf(learning: Learning, now: EpochMs): CellView[] {
  const cells = learning.record.cells.flatMap((name): CellView[] => {
    const [dimension = '', value = ''] = name.split('/');
    if (!order.includes(dimension)) return [];
    const counts = learning.record.countsAt(name, now);
    return [
      {
        dimension: dimension as CellView['dimension'],
        value,
        kept: shown(rateBelief(counts.kept, counts.decisions)),
        caught: counts.there > 0 ? shown(rateBelief(counts.caught, counts.there)) : null,
        signals_right: counts.signals > 0 ? shown(rateBelief(counts.right, counts.signals)) : null,
        net:
          counts.net_squares > 0 ? shown(meanBelief(counts.decisions, counts.net, counts.net_squares)) : null,
        looks: rounded(counts.looks, 1),
        paid: rounded(counts.paid, 2),
      },
    ];
  });
  return cells.sort((left, right) => order.indexOf(left.dimension) - order.indexOf(right.dimension));
}

function shown({ mean, lo, hi, weight }: Belief): BeliefView {
  return { mean: rounded(mean), lo: rounded(lo), hi: rounded(hi), weight: rounded(weight, 1) };
}
