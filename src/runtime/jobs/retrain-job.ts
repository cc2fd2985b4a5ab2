// The retrain job: refits the confidence on the stored decisions and the look schedulers on the recordings. It only proposes
// what predicts better on data it was not fitted on; the orchestrator decides whether that is put in force.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type ConfidenceExample, refitConfidence } from '../../orchestrator/learning/refit-confidence.ts';
import { maxRefitCoefficients, type Refit, refitParts } from '../../shared/domain/refit.ts';
import type { StoreReader } from '../../shared/ports/store.ts';
import { outputOf } from './child-output.ts';
import type { JobHandler } from './job-desk.ts';

const program = fileURLToPath(new URL('../../main.ts', import.meta.url));
/** Newest decisions that a refit looks at: as many as a store lists. */
const maxDecisions = 1_000;

const coefficients = z.array(z.number()).max(maxRefitCoefficients);
const fitReport = z.object({
  refits: z.array(
    z.object({
      part: z.enum(refitParts),
      coefficients,
      fitted_on: z.int(),
      held_out: z.int(),
      before: z.number(),
      after: z.number(),
    }),
  ),
  parts: z.array(z.object({ part: z.string(), finds: z.int(), reason: z.string() })),
});
const calibrationRow = z.object({ coefficients });
const schedulerRow = z.object({ shared: z.object({ learner: z.object({ coefficients }) }) });

export interface RetrainParts {
  readonly store: StoreReader;
  /** Folders of tapes, one per source. */
  readonly tapes: readonly string[];
  /** Other arguments of Node, for tests. */
  readonly program?: readonly string[];
}

/** Throws when the recordings cannot be fitted on; without recordings only the confidence is refitted. */
export function retrainJob({ store, tapes, program: other }: RetrainParts): JobHandler {
  return async (_, signal) => {
    const { refit, decisions } = await confidenceOf(store);
    const refits: Refit[] = refit === undefined ? [] : [refit];
    const said = [`confidence: ${decisions} decisions, ${refit === undefined ? 'kept' : 'refitted'}`];
    const recorded = tapes.filter((folder) => existsSync(folder) && readdirSync(folder).length > 0);
    if (recorded.length > 0) {
      const inForce = await coefficientsInForce(store);
      const args = [
        'learn',
        'fit',
        '--tape',
        recorded.join(','),
        '--in-force',
        JSON.stringify(inForce),
        '--json',
      ];
      const output = await outputOf([...(other ?? [program]), ...args], signal, 'the refit');
      const fit = fitReport.parse(JSON.parse(output));
      refits.push(...fit.refits);
      said.push(...fit.parts.map(({ part, finds, reason }) => `${part}: ${finds} finds, ${reason}`));
    }
    return {
      effect_observed: decisions > 0 || recorded.length > 0,
      looked_at: decisions,
      found: refits.length,
      summary: said.join('; ').slice(0, 500),
      refits,
    };
  };
}

async function confidenceOf(store: StoreReader): Promise<{ refit: Refit | undefined; decisions: number }> {
  const newest = await store.list('decisions', { limit: maxDecisions, open: false });
  const examples = newest
    .toReversed()
    .flatMap(({ confidence_inputs, outcome }): ConfidenceExample[] =>
      confidence_inputs === undefined || outcome === null
        ? []
        : [{ inputs: confidence_inputs, success: outcome.successful }],
    );
  const row = await store.get('agent_memory', 'orchestrator_ai/learning/calibration');
  const inForce = calibrationRow.safeParse(row?.value);
  return {
    refit: inForce.success ? refitConfidence(examples, inForce.data.coefficients) : undefined,
    decisions: examples.length,
  };
}

/** Of each class as of its scheduler's last snapshot; a class without one is fitted from the shipped prior. */
async function coefficientsInForce(store: StoreReader): Promise<Record<string, readonly number[]>> {
  const found: Record<string, readonly number[]> = {};
  for (const name of ['crypto', 'forex']) {
    const row = await store.get('agent_memory', `orchestrator_ai/looks/${name}/snapshot`);
    const read = schedulerRow.safeParse(row?.value);
    if (read.success) found[name] = read.data.shared.learner.coefficients;
  }
  return found;
}
