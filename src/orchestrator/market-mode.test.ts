import { expect, test } from 'vitest';
import { type ClassView, chooseMode, classSourceHealth } from './market-mode.ts';

function view(assetClass: 'crypto' | 'forex', changes: Partial<ClassView> = {}): ClassView {
  return { assetClass, inUniverse: true, open: true, sourceHealth: 1, activity: 1, ...changes };
}

test('both classes open and seen make hybrid, one makes itself, none makes standby', () => {
  const closed = view('forex', { open: false });
  expect(chooseMode([view('crypto'), view('forex')], 'standby', false).mode).toBe('hybrid');
  expect(chooseMode([view('crypto'), closed], 'hybrid', false).mode).toBe('crypto');
  expect(chooseMode([view('crypto', { sourceHealth: 0 }), view('forex')], 'hybrid', false).mode).toBe(
    'forex',
  );
  const verdict = chooseMode([view('crypto', { sourceHealth: 0 }), closed], 'hybrid', false);
  expect(verdict).toEqual({
    mode: 'standby',
    reasons: ['crypto sources are all blind', 'forex market closed'],
  });
});

test('a class whose sources have not reported yet gets the benefit of the doubt', () => {
  expect(chooseMode([view('crypto', { sourceHealth: null })], 'standby', false).mode).toBe('crypto');
});

test('paused is standby whatever the markets do', () => {
  expect(chooseMode([view('crypto'), view('forex')], 'hybrid', true).mode).toBe('standby');
});

test('a quiet class gives way to a busy one and comes back with hysteresis', () => {
  const at = (forex: number, crypto: number, previous: 'hybrid' | 'crypto') =>
    chooseMode([view('crypto', { activity: crypto }), view('forex', { activity: forex })], previous, false)
      .mode;
  expect(at(0.6, 1.8, 'hybrid')).toBe('hybrid');
  expect(at(0.4, 1.8, 'hybrid')).toBe('crypto');
  expect(at(0.6, 1.3, 'crypto')).toBe('crypto');
  expect(at(0.8, 1.3, 'crypto')).toBe('hybrid');
  expect(at(0.6, 1.1, 'crypto')).toBe('hybrid');
});

test('source health counts the best source of the class; blind counts nothing; unknown names serve all', () => {
  const live = (health: number) => ({ state: 'live' as const, health, kind: 'live' as const });
  const sources = {
    binance: { ...live(1), state: 'blind' as const },
    tape: live(0.6),
    tradermade: live(0.9),
  };
  expect(classSourceHealth('crypto', sources)).toBe(0.6);
  expect(classSourceHealth('forex', sources)).toBe(0.9);
  expect(classSourceHealth('crypto', { tradermade: live(1) })).toBe(null);
});
