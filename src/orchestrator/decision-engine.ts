// Turns what was observed and weighed into one verdict: mode, action, confidence, cadence, and the words for it.
// It must never act and never hold state.
import type { DecisionAction, DecisionCandidate } from '../shared/domain/decision.ts';
import type { MarketMode } from '../shared/domain/mode.ts';
import { classesOf } from './admission.ts';
import { type Consultation, weighCandidates } from './candidates.ts';
import type { ModeVerdict } from './market-mode.ts';
import { durationText } from './numbers.ts';
import { type RiskAppetite, riskAppetite, tightened } from './risk-appetite.ts';
import { type Cadence, decisionCadence } from './scheduler.ts';
import type { Snapshot } from './snapshot.ts';
import { taskCatalogue } from './task-catalogue.ts';

export interface VerdictInput extends Consultation {
  readonly modeVerdict: ModeVerdict;
  readonly previousMode: MarketMode;
  readonly previousIntervalMs: number;
  /** What brought the decision about, in words; empty for the ordinary schedule. */
  readonly cause: string;
  readonly maxDrawdownPct: number;
  /** Who else than the agents runs tasks, in words; empty when nobody does. */
  readonly runnerText: string;
}

export interface Verdict {
  readonly action: DecisionAction;
  readonly candidates: readonly DecisionCandidate[];
  readonly chosen: readonly DecisionCandidate[];
  readonly cadence: Cadence;
  readonly appetite: RiskAppetite;
  readonly reasoning: string;
}

export function reachVerdict(input: VerdictInput): Verdict {
  const { snapshot, mode } = input;
  const candidates = weighCandidates(input);
  const chosen = candidates.filter((candidate) => candidate.chosen);
  const cadence = decisionCadence(snapshot, mode);
  const appetite = tightened(riskAppetite(snapshot, mode, input.maxDrawdownPct), input.advice);
  const action = actionOf(input, chosen, cadence);
  const parts = { action, candidates, chosen, cadence, appetite };
  return { ...parts, reasoning: reasoningOf(input, parts) };
}

/** The first that is true names the decision; several can be true at once. */
function actionOf(
  input: VerdictInput,
  chosen: readonly DecisionCandidate[],
  cadence: Cadence,
): DecisionAction {
  const { snapshot, mode, previousMode, previousIntervalMs } = input;
  const heals = chosen.some((candidate) => candidate.kind === 'health-monitor-check');
  if (snapshot.criticalIncidents > 0 && heals) return 'run_self_healing';
  if (mode === 'standby') return 'stand_by';
  if (mode !== previousMode) return 'switch_mode';
  if (cadence.intervalMs < previousIntervalMs) return 'increase_monitoring_frequency';
  const looks = chosen.some((candidate) => taskCatalogue[candidate.kind].classes.length > 0);
  if (looks && snapshot.tradingState !== 'halted') return 'execute_trading_strategy';
  if (cadence.intervalMs > previousIntervalMs) return 'decrease_monitoring_frequency';
  return 'maintain_monitoring';
}

type Parts = Omit<Verdict, 'reasoning'>;

function reasoningOf(input: VerdictInput, parts: Parts): string {
  const { snapshot, mode, previousMode, cause } = input;
  const sentences = [
    `${cause === '' ? '' : `${cause}. `}Mode ${mode}${mode === previousMode ? '' : ` (was ${previousMode})`}${marketText(snapshot, mode)}`,
  ];
  if (input.modeVerdict.reasons.length > 0) sentences.push(input.modeVerdict.reasons.join('; '));
  sentences.push(choiceText(parts, input.policy.threshold));
  if (mode !== 'standby') {
    const { value, reasons } = parts.appetite;
    sentences.push(`Risk appetite ${value}${reasons.length > 0 ? `: ${reasons.join(', ')}` : ''}`);
  }
  if (input.advice !== undefined)
    sentences.push(
      `Advice of ${input.advice.provider}/${input.advice.model}, checked against the snapshot: "${input.advice.reasoning}"`,
    );
  if (input.runnerText !== '') sentences.push(input.runnerText);
  sentences.push(`Next decision within ${durationText(parts.cadence.intervalMs)}: ${parts.cadence.reason}`);
  return `${sentences.join('. ')}.`;
}

function marketText({ views, context }: Snapshot, mode: MarketMode): string {
  const texts = classesOf(mode).map((assetClass) => {
    const { activity } = views[assetClass];
    const volatility = context[`${assetClass}_volatility`];
    if (activity === null) return `${assetClass} activity not measured yet`;
    const yearly = volatility === null ? '' : `, volatility ${Math.round(volatility * 100)} % a year`;
    return `${assetClass} activity ${activity} times normal${yearly}`;
  });
  return texts.length === 0 ? '' : `: ${texts.join('; ')}`;
}

function choiceText({ chosen, candidates }: Parts, threshold: number): string {
  if (chosen.length > 0) return `Chosen: ${chosen.map(candidateText).join('; ')}`;
  const best = bestOf(candidates.filter((candidate) => candidate.due));
  const waiting = candidates.length - candidates.filter((candidate) => candidate.due).length;
  if (best === undefined)
    return `Nothing to run: all ${waiting} kinds are not admissible, at work or too early`;
  return `Nothing to run: the best, ${candidateText(best)}, is below ${threshold}`;
}

function candidateText({ kind, score, terms }: DecisionCandidate): string {
  const carried = Object.keys(terms).map((name) => `${name} ${terms[name]}`);
  return `${kind} (${score} = ${carried.join(' + ')})`;
}

function bestOf(candidates: readonly DecisionCandidate[]): DecisionCandidate | undefined {
  let best: DecisionCandidate | undefined;
  for (const candidate of candidates)
    if (best === undefined || candidate.score > best.score) best = candidate;
  return best;
}
