// What a group of feeds can see, put into one status. Pure, so that every verdict can be tested.
import type { SourceStatus } from '../../../shared/domain/source-status.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { FeedTrack } from './feed-track.ts';

const maxDetailChars = 500;
/** A feed that answered within this many of its intervals is still well enough known. */
const freshIntervals = 3;

type View = Pick<FeedTrack, 'feed' | 'fault' | 'lastOkAt' | 'lastItemAt' | 'latencyMs' | 'faults'>;

export function assessFeeds(source: string, feeds: readonly View[], now: EpochMs): SourceStatus {
  const answered = feeds.filter((feed) => feed.lastOkAt !== null);
  const faulty = feeds.filter((feed) => feed.fault !== undefined);
  // Nobody answered and somebody failed: those not asked yet are no reason for hope.
  const dark = answered.length === 0 && faulty.length > 0;
  const scores = feeds.map((feed) => (dark ? 0 : scoreOf(feed, now)));
  const health = Math.round((100 * scores.reduce((sum, score) => sum + score, 0)) / feeds.length) / 100;
  const latencies = answered.flatMap((feed) => (feed.latencyMs === null ? [] : [feed.latencyMs]));
  return {
    source,
    state: dark ? 'unreachable' : stateOf(feeds, answered.length, faulty.length, health),
    health,
    detail: detailOf(feeds, answered.length, faulty),
    latencyMs:
      latencies.length === 0
        ? null
        : Math.round(latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length),
    lastDataAt: newest(feeds.map((feed) => feed.lastItemAt)),
    at: now,
  };
}

function scoreOf({ feed, fault, lastOkAt }: View, now: EpochMs): number {
  if (fault === undefined) return lastOkAt === null ? 0.5 : 1;
  const fresh = lastOkAt !== null && now - lastOkAt <= freshIntervals * feed.everyMs;
  return fresh ? 0.5 : 0;
}

function stateOf(
  feeds: readonly View[],
  answered: number,
  faulty: number,
  health: number,
): SourceStatus['state'] {
  if (faulty === 0 && answered === feeds.length) return 'live';
  if (faulty < feeds.length || health > 0) return 'degraded';
  return 'stale';
}

function detailOf(feeds: readonly View[], answered: number, faulty: readonly View[]): string {
  if (faulty.length === 0)
    return answered === feeds.length
      ? `${feeds.length} feed(s)`
      : `${answered} of ${feeds.length} feeds have answered, none has failed`;
  const [first] = faulty;
  const pending = feeds.filter(({ fault, lastOkAt }) => fault === undefined && lastOkAt === null).length;
  const notAsked = pending === 0 ? '' : `, ${pending} not asked yet`;
  const well = `${feeds.length - faulty.length - pending} of ${feeds.length} feeds${notAsked}`;
  const alike = faulty.every(
    ({ fault }) => fault?.kind === first?.fault?.kind && fault?.message === first?.fault?.message,
  );
  if (alike && faulty.length > 1)
    return `${well}; ${faulty.length} are ${first?.fault?.kind} (${first?.fault?.message})`;
  const reasons = faulty.map(({ feed, fault, faults }) => {
    const times = [...faults.values()].reduce((sum, count) => sum + count, 0);
    return `${feed.name}: ${fault?.kind} (${fault?.message}), ${times} so far`;
  });
  return `${well}; ${reasons.join('; ')}`.slice(0, maxDetailChars);
}

function newest(instants: readonly (EpochMs | null)[]): EpochMs | null {
  const known = instants.filter((at) => at !== null);
  return known.length === 0 ? null : Math.max(...known);
}
