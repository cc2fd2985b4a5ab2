// What the process knows of itself: gathered from what was committed, and not spoilt by who listens.
import { expect, test } from 'vitest';
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { LoadedState } from '../../shared/ports/store.ts';
import { decidesAfterStart, LiveFacts } from './live-facts.ts';

const healthy = { kind: 'memory', ok: true, latencyMs: 1, detail: '' };

function loadedWith(control: unknown): LoadedState {
  const row = { agent: 'orchestrator_ai', value: control };
  const agent_memory = new Map(control === undefined ? [] : [['orchestrator_ai/control', row]]);
  return { rows: { agent_memory } } as unknown as LoadedState;
}

test('an operator who stopped it before a restart finds it stopped after', () => {
  expect(decidesAfterStart(loadedWith(undefined))).toBe(true);
  expect(decidesAfterStart(loadedWith({ paused: false }))).toBe(true);
  expect(decidesAfterStart(loadedWith({ paused: true }))).toBe(false);
});

test('a listener that fails is told of, and the others and the facts hear all the same', () => {
  const facts = new LiveFacts(healthy, true);
  const heard: string[] = [];
  const errors: unknown[] = [];
  facts.subscribe(() => {
    throw new Error('scripted');
  });
  const leave = facts.subscribe((messages) => heard.push(...messages.map((message) => message.message_type)));
  const stop = { message_type: 'operator.command', data: { command: 'stop' } } as AnyMessage;
  facts.committed([stop], 5, (error) => errors.push(error));
  expect({ heard, running: facts.running, at: facts.lastCommitAt }).toEqual({
    ...{ heard: ['operator.command'], running: false, at: 5 },
  });
  expect(errors).toHaveLength(1);
  leave();
  facts.committed([stop], 6, (error) => errors.push(error));
  expect(heard).toHaveLength(1);
});
