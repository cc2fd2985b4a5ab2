// Which colour a word of the server deserves. A word not known here stays calm; colour is never the only sign.
import type { Tone } from './ui.tsx';

const tones: Readonly<Record<string, Tone>> = {
  active: 'good',
  reducing: 'warn',
  halted: 'bad',
  live: 'good',
  simulated: 'warn',
  recorded: 'warn',
  degraded: 'warn',
  stale: 'bad',
  blind: 'bad',
  unreachable: 'bad',
  running: 'good',
  restarting: 'warn',
  down: 'bad',
  BUY: 'good',
  SELL: 'bad',
  CLOSE: 'accent',
  buy: 'good',
  sell: 'bad',
  long: 'good',
  short: 'bad',
  unknown: 'bad',
  rejected: 'bad',
  filled: 'good',
  accepted: 'accent',
  partially_filled: 'accent',
  succeeded: 'good',
  failed: 'bad',
  expired: 'warn',
  critical: 'bad',
  warning: 'warn',
  standby: 'warn',
  execute_trading_strategy: 'accent',
  increase_monitoring_frequency: 'accent',
  run_self_healing: 'warn',
  stand_by: 'warn',
  switch_mode: 'accent',
};

export function toneOf(word: string | null): Tone {
  return (word === null ? undefined : tones[word]) ?? 'calm';
}
