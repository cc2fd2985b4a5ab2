// A source says something when it changes, and repeats itself when asked to.
import { expect, test } from 'vitest';
import type { SourceStatus } from '../../../shared/domain/source-status.ts';
import { StatusReport } from './status-report.ts';

const live = { state: 'live', health: 1, detail: 'well' } as const;
const facts = { latencyMs: 5, lastDataAt: null };

function told() {
  const statuses: SourceStatus[] = [];
  return {
    statuses,
    report: new StatusReport('hand'),
    sink: { status: (one: SourceStatus) => statuses.push(one) },
  };
}

test('the same verdict is told once, whatever is counted beside it, until it is to be repeated', () => {
  const { statuses, report, sink } = told();
  report.publish(sink, 10, live, facts, '; 1 request');
  report.publish(sink, 20, { ...live, health: 0.9 }, { latencyMs: 6, lastDataAt: 19 }, '; 2 requests');
  expect(statuses).toEqual([{ source: 'hand', ...live, detail: 'well; 1 request', ...facts, at: 10 }]);
  report.repeat();
  report.publish(sink, 30, live, facts);
  report.publish(sink, 40, { ...live, detail: 'slow' }, facts);
  report.publish(sink, 50, { ...live, state: 'degraded', detail: 'slow' }, facts);
  expect(statuses.slice(1).map(({ at, state, detail }) => [at, state, detail])).toEqual([
    [30, 'live', 'well'],
    [40, 'live', 'slow'],
    [50, 'degraded', 'slow'],
  ]);
});

test('what nobody heard was not told, and a clock that is set back dates nothing before what was said', () => {
  const { statuses, report, sink } = told();
  report.publish(undefined, 10, live, facts);
  report.publish(sink, 20, live, facts);
  report.publish(sink, 15, { ...live, detail: 'slow' }, facts);
  expect(statuses.map(({ at }) => at)).toEqual([20, 20]);
});
