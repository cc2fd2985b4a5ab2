// How much of the configured risk the mandate permits, 0..1. It can only tighten; nothing here ever exceeds 1.
import type { MarketMode } from '../shared/domain/mode.ts';
import type { ModelAdvice } from '../shared/domain/model.ts';
import { classesOf } from './admission.ts';
import { clamp, rounded } from './numbers.ts';
import { extremeActivity } from './scheduler.ts';
import type { Snapshot } from './snapshot.ts';

export interface RiskAppetite {
  readonly value: number;
  /** What tightened it, for a person; empty when nothing did. */
  readonly reasons: readonly string[];
}

/** Product of tightening factors, each named in the reasons. */
export function riskAppetite(snapshot: Snapshot, mode: MarketMode, maxDrawdownPct: number): RiskAppetite {
  if (mode === 'standby') return { value: 0, reasons: ['standby'] };
  const reasons: string[] = [];
  let value = 1;
  const tighten = (factor: number, reason: string) => {
    if (factor >= 1) return;
    value *= factor;
    reasons.push(`${reason} (x${rounded(factor, 2)})`);
  };
  if (!snapshot.healthKnown) tighten(0.5, 'no word from the health monitor yet');
  if (snapshot.criticalIncidents > 0) tighten(0.25, `${snapshot.criticalIncidents} critical incident(s)`);
  else if (snapshot.openIncidents > 0) tighten(0.75, `${snapshot.openIncidents} open incident(s)`);
  if (snapshot.agentsDown.length > 0) tighten(0.5, `${snapshot.agentsDown.join(', ')} down`);
  if (snapshot.systemLoad > 0.9) tighten(0.75, `system load ${snapshot.systemLoad}`);
  for (const assetClass of classesOf(mode)) {
    const { activity, sourceHealth } = snapshot.views[assetClass];
    if (sourceHealth !== null)
      tighten(Math.max(0.25, sourceHealth), `${assetClass} source health ${sourceHealth}`);
    if (activity !== null && activity > extremeActivity)
      tighten(Math.max(0.4, extremeActivity / activity), `${assetClass} activity ${activity} times normal`);
  }
  if (maxDrawdownPct > 0 && snapshot.drawdownPct > 0)
    tighten(
      clamp(1 - snapshot.drawdownPct / maxDrawdownPct, 0.1, 1),
      `drawdown ${snapshot.drawdownPct} % of at most ${maxDrawdownPct} %`,
    );
  return { value: rounded(clamp(value, 0, 1), 2), reasons };
}

/** The appetite under a model's advice, which can only lower it. */
export function tightened(appetite: RiskAppetite, advice: ModelAdvice | undefined): RiskAppetite {
  const scale = clamp(advice?.risk_scale ?? 1, 0, 1);
  if (scale === 1 || advice === undefined) return appetite;
  return {
    value: rounded(appetite.value * scale, 2),
    reasons: [...appetite.reasons, `advice of ${advice.provider} (x${scale})`],
  };
}
