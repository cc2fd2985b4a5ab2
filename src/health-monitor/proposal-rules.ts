// What the optimiser may propose, as data and pure functions: when, from what to what, and what it should bring.
import type { Proposal, Remedy, UsageRow } from '../shared/domain/health-report.ts';
import type { MetricBaseline } from './memory.ts';

/** Its windows pace the optimiser and measure its trials. */
export const trialMetric = 'commit_share';

const busyCommitShare = 0.25;
const leastWindows = 6;
const leastRuns = 50;
const leastAnswers = 20;
const poorAcceptance = 0.2;
const slowStatementMs = 50;
const slowTaskShare = 0.5;

export interface Observed {
  readonly usages: readonly UsageRow[];
  readonly metrics: ReadonlyMap<string, MetricBaseline>;
}

export interface Finding
  extends Pick<Proposal, 'setting' | 'from' | 'to' | 'reason' | 'expected_gain' | 'unit'> {
  readonly remedy: Remedy | undefined;
  readonly measured: number;
}

interface ProposalRule {
  readonly knob: string;
  readonly remedy?: Remedy;
  readonly find: (observed: Observed) => Finding | undefined;
}

const batchCommits: Remedy = { apply: 'commits.tune', revert: 'commits.untune' };

export const proposalRules: readonly ProposalRule[] = [
  {
    knob: 'commit_batch',
    remedy: batchCommits,
    find: ({ metrics }) => {
      const share = metrics.get('commit_share');
      if (share === undefined || share.windows < leastWindows || share.center < busyCommitShare)
        return undefined;
      const batch = metrics.get('batch_inputs')?.center ?? 1;
      return {
        setting: 'pause between commits (runtime)',
        from: '15 ms',
        to: '60 ms',
        reason: `${percent(share.center)} of the time goes into commits of ${batch.toFixed(1)} inputs each`,
        expected_gain:
          'up to four times as many inputs share one commit; at most 60 ms later, which no decision feels',
        unit: 'share of the time spent in commits',
        measured: share.center,
        remedy: batchCommits,
      };
    },
  },
  {
    knob: 'slow_statement',
    find: ({ metrics }) => {
      const slow = metrics.get('database:slowest_mean_ms');
      if (slow === undefined || slow.windows < leastWindows || slow.center < slowStatementMs)
        return undefined;
      return {
        setting: 'ATO_HEAL_CREATE_INDEX',
        from: 'no',
        to: 'yes',
        reason: `the statement that costs most takes ${Math.round(slow.center)} ms on the average`,
        expected_gain: 'an index lets it look instead of read through; see pg_stat_statements',
        unit: 'ms',
        measured: slow.center,
        remedy: undefined,
      };
    },
  },
  ...(['groq', 'openai', 'anthropic', 'compatible'] as const).map(
    (provider): ProposalRule => ({
      knob: `model_${provider}`,
      find: ({ usages }) => {
        const usage = usages.find(({ name }) => name === `model:${provider}`);
        if (usage === undefined || usage.runs < leastAnswers) return undefined;
        const accepted = usage.effective / usage.runs;
        if (accepted >= poorAcceptance) return undefined;
        return {
          setting: 'the ladder of models (its key, or another model)',
          from: `${provider} is asked`,
          to: `${provider} is not asked, or another of its models is`,
          reason: `only ${percent(accepted)} of ${usage.runs} answers were accepted`,
          expected_gain: `${Math.round(usage.tokens / usage.runs)} tokens and ${Math.round(usage.mean_ms)} ms per question, ${(usage.micro_usd / 1e6).toFixed(4)} USD so far`,
          unit: 'share of accepted answers',
          measured: accepted,
          remedy: undefined,
        };
      },
    }),
  ),
  {
    knob: 'idle_task',
    find: ({ usages }) => {
      const idle = usages.find(
        ({ name, runs, effective, failures }) =>
          name.startsWith('task:') && runs >= leastRuns && effective === 0 && failures < runs * slowTaskShare,
      );
      if (idle === undefined) return undefined;
      const kind = idle.name.slice('task:'.length);
      return {
        setting: `POST /tasks/${kind}/pause`,
        from: 'runs',
        to: 'paused',
        reason: `${idle.runs} runs never had the effect that was promised`,
        expected_gain: `${Math.round(idle.mean_ms)} ms per run`,
        unit: 'runs',
        measured: idle.runs,
        remedy: undefined,
      };
    },
  },
];

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
