import { expect, test } from 'vitest';
import type { EffectDataByKind } from '../../shared/bus/effects.ts';
import { tellAfterMs, upAfterMs, Watchman } from './watchman.ts';

const silentLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

function watched() {
  const sent: EffectDataByKind['alert.send'][] = [];
  let now = 0;
  const watchman = new Watchman({
    healthProcess: 'orchestrator-health',
    notifiers: [{ name: 'test', send: async (alert) => void sent.push(alert) }],
    log: silentLog,
    now: () => 1_000,
    steadyNow: () => now,
  });
  const pass = (ms: number) => {
    for (const end = now + ms; now < end; now += 1_000) watchman.look();
  };
  const ends = (name: string, detail = 'exit code 1') =>
    watchman.observe({ process: name, kind: 'ended', detail });
  const lives = (name: string) => watchman.observe({ process: name, kind: 'alive', detail: '' });
  return { watchman, sent, pass, ends, lives };
}

test('a process that ends at every start is told once, with its last words, and once when it is up', () => {
  const { watchman, sent, pass, ends, lives } = watched();
  for (const name of ['orchestrator-health', 'trading']) lives(name);
  pass(60_000);
  for (let again = 0; again < 8; again++) {
    watchman.line('orchestrator-health', 'The database cannot be opened: ECONNREFUSED');
    ends('orchestrator-health');
    ends('trading');
    pass(8_000);
    lives('orchestrator-health');
    pass(1_000);
  }
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ phase: 'opened', severity: 'critical', audience: 'people' });
  expect(sent[0]?.text).toMatch(/^orchestrator-health, trading do not come up: for 3\d s now/);
  expect(sent[0]?.text).toContain(
    'last with exit code 1). Its last words: The database cannot be opened: ECONNREFUSED.',
  );
  expect(sent[0]?.text).toContain('Please act: look at the database server');
  pass(upAfterMs);
  expect(sent.slice(1)).toMatchObject([{ phase: 'resolved', incident_id: sent[0]?.incident_id }]);
  pass(60_000);
  expect(sent).toHaveLength(2);
});

test('a process that is soon back, or one that the health agent watches, is not told', () => {
  const { sent, pass, ends, lives } = watched();
  ends('orchestrator-health', 'SIGKILL');
  pass(tellAfterMs - upAfterMs - 2_000);
  lives('orchestrator-health');
  pass(120_000);
  ends('trading');
  pass(120_000);
  expect(sent).toEqual([]);
});
