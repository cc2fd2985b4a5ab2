// An alert only claims that something is treated where a playbook treats it.
import { expect, test } from 'vitest';
import { alertText } from './alert-text.ts';

const words = (cause: string) =>
  alertText({
    phase: 'opened',
    incident: {
      ...{ id: 'i', cause, severity: 'warning', summary: 's', consequence: 'c.', symptoms: 1 },
      ...{ opened_at: 0, updated_at: 0, resolved_at: null, open: true },
    },
  });

test.each([
  'files_low',
  'cpu_high',
  'slots_late',
  'dead_letters',
  'anomaly:commit_ms',
  'drift:commit_ms',
  'relay_lag:received',
  'agent_slow:trading_ai',
])('%s is only watched', (cause) => {
  expect(words(cause)).toMatch(/No action needed: it is watched\.$/);
});

test.each([
  'store_slow',
  'disk_low',
  'source_stale:binance',
  'quarantined:binance',
  'network',
  'agent_failed:analyst_ai',
  'relay_lag:sent',
])('%s is treated', (cause) => {
  expect(words(cause)).toMatch(/it is watched and treated\.$/);
});
