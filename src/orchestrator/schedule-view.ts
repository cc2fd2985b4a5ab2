// The schedule for people: what will be looked at next if nothing new is learnt, kinds, locks and budgets.
// Read from durable rows alone, on a copy: asking changes nothing, and costs the decision cycle nothing.
import type { StateReader } from '../kernel/agent.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { BudgetView, LockView, NextSlot, ScheduleView } from '../shared/domain/schedule-view.ts';
import { sessionCalendar } from '../shared/domain/sessions.ts';
import { taskKinds } from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { classesOf, inadmissibleReason } from './admission.ts';
import { LookDesk } from './looks/look-desk.ts';
import type { LookPlanner } from './looks/look-planner.ts';
import { readMemory } from './memory-rows.ts';
import { rounded } from './numbers.ts';
import { Schedule } from './schedule.ts';
import { type ResourceName, resourceUnits, taskCatalogue } from './task-catalogue.ts';
import { TaskManager } from './task-manager.ts';

/** How far ahead slots are told, in bars of the class's scheduler, and how many at most. */
const barsAhead = 12;
const maxSlots = 50;

/** The schedule as the rows have it at `now`. */
export function scheduleView(state: StateReader, settings: AgentSettings, now: EpochMs): ScheduleView {
  const calendar = sessionCalendar(settings.sessions);
  const schedule = new Schedule(calendar);
  schedule.restore(state);
  const tasks = new TaskManager(schedule);
  tasks.restore(state);
  const desk = new LookDesk(settings);
  desk.restore(state);
  const control = readMemory(state, 'control');
  const mode = control?.mode ?? 'standby';
  const paused_kinds = control?.paused_kinds ?? [];
  const admission = desk.admission({ mode, paused: control?.paused ?? false, paused_kinds });
  const open = calendar.openSessions(now);
  const planners = (['crypto', 'forex'] as const).flatMap((name) => desk.planner(name) ?? []);
  // Budgets first: looking ahead spends the copy's tokens.
  const budgets = planners.flatMap((planner) => budgetsOf(planner, now));
  const admitted = planners.filter(
    ({ limits }) => limits.funded && classesOf(mode).includes(limits.assetClass),
  );
  return {
    mode,
    pinned_mode: control?.pinned_mode ?? null,
    paused: control?.paused ?? false,
    kinds: taskKinds.map((kind) => ({
      kind,
      obstacle: inadmissibleReason(kind, admission, open) ?? null,
      paused: paused_kinds.includes(kind),
      last_start_at: schedule.of(kind).last_start,
      not_before_at: schedule.of(kind).last_start === null ? null : schedule.notBefore(kind),
      latest_start_at: schedule.latestStart(kind) ?? null,
      task_state: tasks.openTask(kind)?.state ?? null,
    })),
    locks: locksOf(tasks),
    budgets,
    models: planners.map(({ limits, scheduler }) => ({
      asset_class: limits.assetClass,
      symbols: limits.symbols.length,
      level: scheduler.model.learner.level,
      examples: scheduler.model.learner.examples,
    })),
    slots: admitted
      .flatMap((planner) => slotsAhead(planner, desk.nextAskAt(mode, now) ?? now))
      .sort((left, right) => left.due_at - right.due_at || (left.symbol < right.symbol ? -1 : 1))
      .slice(0, maxSlots),
  };
}

function budgetsOf({ limits, scheduler }: LookPlanner, now: EpochMs): BudgetView[] {
  scheduler.advance(Math.max(now, scheduler.now));
  return limits.settings.budgets.map(({ name, perHour }) => {
    const budget = scheduler.budget(name);
    return {
      asset_class: limits.assetClass,
      name,
      per_hour: rounded(perHour, 4),
      capacity: rounded(budget?.capacity ?? 0, 4),
      level: rounded(budget?.level ?? 0, 4),
      spent: rounded(budget?.spent ?? 0, 4),
      price: rounded(budget?.price() ?? 0, 6),
    };
  });
}

/** Asks the copy bar by bar; a look that shows nothing new stands for each answer. */
function slotsAhead(planner: LookPlanner, firstAskAt: EpochMs): NextSlot[] {
  const slots: NextSlot[] = [];
  for (let bar = 0; bar < barsAhead && slots.length < maxSlots; bar += 1) {
    const due_at = firstAskAt + bar * planner.barMs;
    const looks = planner.takeWorth(due_at, maxSlots - slots.length);
    for (const { symbol, reason, gain, price, text } of looks) {
      planner.seen(symbol, [], due_at);
      slots.push({ asset_class: planner.limits.assetClass, symbol, due_at, reason, gain, price, text });
    }
  }
  return slots;
}

function locksOf(tasks: TaskManager): LockView[] {
  return (Object.keys(resourceUnits) as ResourceName[]).map((name) => {
    const holders = taskKinds.filter(
      (kind) => tasks.running(kind) && taskCatalogue[kind].resources.some((lock) => lock.name === name),
    );
    const taken = holders.reduce(
      (sum, kind) => sum + (taskCatalogue[kind].resources.find((lock) => lock.name === name)?.units ?? 0),
      0,
    );
    return { name, units: resourceUnits[name], taken, holders };
  });
}
