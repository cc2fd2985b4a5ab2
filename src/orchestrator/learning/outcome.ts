// From a promise and what hindsight says of it to the decision's outcome. Pure arithmetic and its words.
import type { DecisionOutcome } from '../../shared/domain/decision.ts';
import type { TaskKind } from '../../shared/domain/task.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import { clamp, rounded } from '../numbers.ts';
import { taskCatalogue } from '../task-catalogue.ts';
import { type ClassAccount, emptyAccount, materialWorth, type PromiseRow } from './promises.ts';

/** What a signal that came true, or did not, adds to a decision's net, in find values. */
const signalWorth = 0.5;

/** Sums over the classes. */
function accountOf(accounts: readonly (ClassAccount | undefined)[]): ClassAccount {
  let sum = emptyAccount;
  for (const one of accounts) {
    if (one === undefined) continue;
    sum = {
      looks: sum.looks + one.looks,
      paid: rounded(sum.paid + one.paid, 4),
      found: sum.found + one.found,
      found_value: rounded(sum.found_value + one.found_value, 4),
      missed: sum.missed + one.missed,
      missed_value: rounded(sum.missed_value + one.missed_value, 4),
    };
  }
  return sum;
}

/** True when nothing worth looking for was left: what was missed is not material beyond what was found. */
function sawWhatWasThere({ found_value, missed_value }: ClassAccount): boolean {
  return missed_value <= found_value + materialWorth;
}

/** Worth of what was found less what was missed and paid, and half a find for each signal right or wrong. */
function netOf(account: ClassAccount, right: number, wrong: number): number {
  return rounded(
    account.found_value - account.missed_value - account.paid + signalWorth * (right - wrong),
    4,
  );
}

/**
 * The outcome of a decision with this promise. Successful: every promised task's effect was seen, what was there to be
 * found was found, and of its signals not more were wrong than right. A decision to run nothing promises that nothing
 * worth looking for is there.
 */
export function outcomeOf(row: PromiseRow | undefined, promised: number, now: EpochMs): DecisionOutcome {
  const kinds = Object.values(row?.kinds ?? {});
  const finished = kinds.filter(({ state }) => state === 'observed' || state === 'unseen').length;
  const observed = kinds.filter(({ state }) => state === 'observed').length;
  const right = kinds.reduce((sum, account) => sum + account.right, 0);
  const wrong = kinds.reduce((sum, account) => sum + account.wrong, 0);
  const account = accountOf(Object.values(row?.classes ?? {}));
  const { looks, paid, found, found_value, missed, missed_value } = account;
  const successful = observed === promised && sawWhatWasThere(account) && right >= wrong;
  return {
    scored_at: now,
    successful: row !== undefined && successful,
    tasks_succeeded: finished,
    tasks_failed: promised - finished,
    detail: detailOf(promised, finished, observed, account, [right, wrong]),
    opportunities: { found, found_value, missed, missed_value },
    signals: { given: row?.signals ?? 0, right, wrong, unknown: (row?.signals ?? 0) - right - wrong },
    cost: { looks, paid },
    net: netOf(account, right, wrong),
  };
}

function detailOf(
  promised: number,
  finished: number,
  observed: number,
  { looks, paid, found, found_value, missed, missed_value }: ClassAccount,
  [right, wrong]: readonly [number, number],
): string {
  const unseen = finished - observed;
  const parts = [
    promised === 0
      ? 'no task promised'
      : `${finished} of ${promised} tasks finished${unseen > 0 ? `, ${unseen} without the promised effect` : ''}`,
  ];
  if (found > 0) parts.push(`found ${found} (worth ${rounded(found_value, 2)})`);
  parts.push(missed > 0 ? `missed ${missed} (worth ${rounded(missed_value, 2)})` : 'nothing missed');
  if (looks > 0) parts.push(`${looks} looks for ${rounded(paid, 2)}`);
  if (right + wrong > 0) parts.push(`signals ${right} right, ${wrong} wrong`);
  return parts.join('; ');
}

/** Reward of one kind of the decision, -1..1: the net of the classes it looked at and of its own signals. */
export function rewardOf(row: PromiseRow, kind: TaskKind): number {
  const account = accountOf(taskCatalogue[kind].classes.map((assetClass) => row.classes[assetClass]));
  const { right = 0, wrong = 0 } = row.kinds[kind] ?? {};
  return clamp(netOf(account, right, wrong), -1, 1);
}

/** Whether a kind kept its own part of the promise. */
export function kindKept(row: PromiseRow, kind: TaskKind): boolean {
  const mine = row.kinds[kind];
  if (mine?.state !== 'observed') return false;
  const account = accountOf(taskCatalogue[kind].classes.map((assetClass) => row.classes[assetClass]));
  return sawWhatWasThere(account) && mine.right >= mine.wrong;
}
