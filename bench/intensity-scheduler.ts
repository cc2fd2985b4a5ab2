// Cost of one scheduling decision, learning left out and included, printed as JSON. A benchmark, never a test.
// Usage: node bench/intensity-scheduler.ts [subjects] [bars]
import { IntensityScheduler } from '../src/orchestrator/intensity/intensity-scheduler.ts';
import { hourMs, minuteMs } from '../src/shared/domain/time.ts';

const barMs = 5 * minuteMs;
const subjects = Number(process.argv[2] ?? 1_000);
const bars = Number(process.argv[3] ?? 150);
const start = Date.UTC(2026, 0, 5);

const scheduler = new IntensityScheduler({
  budgets: [{ name: 'api', perHour: subjects, windowHours: 24, startLevel: 0.5 }],
  subjects: Array.from({ length: subjects }, (_, k) => ({
    id: `S${k}`,
    minIntervalMs: barMs,
    maxIntervalMs: 4 * hourMs,
    costs: { api: 1 },
  })),
});
const asked: number[] = [];
const answered: number[] = [];
const lastBar = new Int32Array(subjects);
let price = 100;
for (let bar = 1; bar < bars; bar += 1) {
  const now = start + bar * barMs;
  price *= 1 + 0.002 * Math.sin(bar * bar);
  for (;;) {
    const before = performance.now();
    const slot = scheduler.next(now);
    asked.push(performance.now() - before);
    if (slot === undefined) break;
    const k = scheduler.indexOf(slot.subject);
    const from = lastBar[k] as number;
    const count = bar - from;
    lastBar[k] = bar;
    const at = Float64Array.from({ length: count }, (_, n) => start + (from + n + 1) * barMs);
    const close = new Float64Array(count).fill(price);
    const started = performance.now();
    scheduler.observe(slot.subject, { count, at, close }, now);
    answered.push(performance.now() - started);
  }
}

function figures(values: readonly number[]) {
  // The first tenth warms the machine up.
  const sorted = values.slice(values.length / 10).sort((left, right) => left - right);
  const quantile = (share: number) =>
    Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(4));
  return {
    count: sorted.length,
    mean_ms: Number((sorted.reduce((sum, value) => sum + value, 0) / sorted.length).toFixed(4)),
    p50_ms: quantile(0.5),
    p99_ms: quantile(0.99),
    max_ms: quantile(1),
  };
}

const saved = performance.now();
const bytes = JSON.stringify(scheduler.toState()).length;
process.stdout.write(
  `${JSON.stringify({ subjects, next: figures(asked), observe: figures(answered), state_bytes: bytes, save_ms: Number((performance.now() - saved).toFixed(1)) }, null, 2)}\n`,
);
