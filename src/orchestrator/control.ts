// What a person's command changes in the orchestrator's switches, and the words for it. It must never decide.
import type { OperatorCommand } from '../shared/bus/catalogue.ts';
import { type TaskKind, taskKinds } from '../shared/domain/task.ts';
import type { ControlMemory } from './memory-rows.ts';
import { taskCatalogue } from './task-catalogue.ts';

const maxOperatorTextLength = 80;

interface ControlChange {
  readonly control: Partial<ControlMemory>;
  /** Why the decision that follows is made. */
  readonly cause: string;
}

/** Undefined for commands that are not the orchestrator's, and for those that lack what they are about. */
export function controlChange(control: ControlMemory, given: OperatorCommand): ControlChange | undefined {
  const who = given.by.slice(0, maxOperatorTextLength);
  const { kind, mode } = given;
  switch (given.command) {
    case 'stop':
      return { control: { paused: true }, cause: `Stopped by ${who}` };
    case 'start':
      return { control: { paused: false }, cause: `Started by ${who}` };
    case 'force_decision':
      return { control: {}, cause: `Forced by ${who}` };
    case 'set_mode':
      if (mode === undefined) return undefined;
      return mode === 'auto'
        ? { control: { pinned_mode: null }, cause: `Mode given back to the orchestrator by ${who}` }
        : { control: { pinned_mode: mode }, cause: `Mode pinned to ${mode} by ${who}` };
    case 'run_task':
      return kind === undefined ? undefined : { control: {}, cause: `${kind} asked for by ${who}` };
    case 'pause_task':
      return kind === undefined ? undefined : paused(control, kind, who);
    case 'resume_task':
      if (kind === undefined) return undefined;
      return {
        control: { paused_kinds: control.paused_kinds.filter((one) => one !== kind) },
        cause: `${kind} resumed by ${who}`,
      };
    default:
      return undefined;
  }
}

function paused(control: ControlMemory, kind: TaskKind, who: string): ControlChange {
  if (taskCatalogue[kind].safety)
    return {
      control: {},
      cause: `${who} wanted to pause ${kind}, which keeps the system safe and cannot be paused`,
    };
  const kinds = new Set([...control.paused_kinds, kind]);
  return {
    control: { paused_kinds: taskKinds.filter((one) => kinds.has(one)) },
    cause: `${kind} paused by ${who}`,
  };
}
