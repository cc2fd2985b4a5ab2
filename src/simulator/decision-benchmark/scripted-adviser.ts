// A stand-in for a language model in benchmarks: follows the rules of the shipped prompt, deterministically, and cites
// what it uses. It says what a model could change; it does not claim to be as wise as one.
import { z } from 'zod';

const brief = z.object({
  fields: z.record(z.string(), z.number()),
  candidates: z.array(z.object({ kind: z.string(), score: z.number(), policy_runs_it: z.boolean() })),
});

const livelyActivity = 1.6;
const calmActivity = 0.7;
const nervousActivity = 3;
/** Another scan than the policy's is preferred only when its score is not far below. */
const nearShare = 0.75;

/** The answer to a brief, as JSON text: the policy's choice, unless another scan fits the activity. Throws when it is none. */
export function scriptedAdvice(briefText: string): string {
  const { fields, candidates } = brief.parse(JSON.parse(briefText));
  const activity = fields.crypto_activity;
  const running = candidates.find((one) => one.policy_runs_it && one.kind.startsWith('crypto-'));
  const wished = candidates.find(({ kind }) => kind === scanFor(activity ?? 1));
  const preferred =
    running !== undefined && wished !== undefined && wished.score >= nearShare * running.score
      ? wished
      : running;
  const others = candidates.filter((one) => one.policy_runs_it && one !== running);
  return JSON.stringify({
    choice: [...(preferred === undefined ? [] : [preferred]), ...others].map(({ kind }) => kind),
    scales: [],
    risk_scale: (activity ?? 1) > nervousActivity ? 0.8 : 1,
    reasoning:
      activity === undefined
        ? 'Crypto activity is not known; the choice of the policy stands.'
        : `Crypto activity is ${activity} times its normal, and the choice follows it.`,
    evidence: activity === undefined ? [] : [{ field: 'crypto_activity', value: activity }],
  });
}

function scanFor(activity: number): string {
  if (activity >= livelyActivity) return 'crypto-aggressive-scan';
  return activity < calmActivity ? 'crypto-light-monitoring' : 'crypto-normal-scan';
}
