// The orchestrator's parts and what each is given of the others, built once from the settings. It must never hear a message.
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { defaultLookSettings } from '../shared/domain/look.ts';
import { sessionCalendar } from '../shared/domain/sessions.ts';
import { minuteMs } from '../shared/domain/time.ts';
import { Alarms } from './alarms.ts';
import { ControlState } from './control-state.ts';
import { Learning } from './learning/learning.ts';
import { LookDesk } from './looks/look-desk.ts';
import { ModelLayer } from './models/model-layer.ts';
import { N8nBridge } from './n8n-bridge.ts';
import { Observations } from './observations.ts';
import { Schedule } from './schedule.ts';
import { universeOf } from './snapshot.ts';
import { TaskManager } from './task-manager.ts';
import type { TaskRunnerParts } from './task-runner.ts';
import { workflowContext } from './workflow-context.ts';

/** A look that was due by then has been answered. */
const hindsightGraceMs = 5 * minuteMs;

export interface OrchestratorParts extends TaskRunnerParts {
  readonly control: ControlState;
  readonly observed: Observations;
  readonly bridge: N8nBridge;
  /** Undefined when no model is configured: then nothing here differs from the policy alone. */
  readonly models: ModelLayer | undefined;
}

/** Builds all parts, empty: their memory comes with `restore`. */
export function orchestratorParts(settings: AgentSettings): OrchestratorParts {
  const { models, workflows } = settings;
  const control = new ControlState();
  const observed = new Observations();
  const calendar = sessionCalendar(settings.sessions);
  const schedule = new Schedule(calendar, settings.chores);
  const looks = new LookDesk(settings);
  const bridge = new N8nBridge(workflows);
  const tasks = new TaskManager(
    schedule,
    (symbols) => looks.requestFor(symbols),
    workflows && {
      choose: (task) => bridge.choose(task),
      call: (turn, task) =>
        bridge.call(turn, task, workflowContext(control.memory.mode, observed, calendar, turn.now)),
    },
  );
  const { max_interval_ms } = settings.looks ?? defaultLookSettings;
  const learning = new Learning({
    influences: settings.learning !== 'off',
    hindsightMs: max_interval_ms + hindsightGraceMs,
  });
  return {
    ...{ control, observed, calendar, schedule, looks, bridge, tasks, learning },
    universe: universeOf(settings),
    alarms: new Alarms(),
    models: models && new ModelLayer(models, settings.universe, settings.risk.max_drawdown_pct),
  };
}
