// What is known of one feed between its polls: validators, health, counts, and when it is asked again.
import { type EpochMs, hourMs, minuteMs } from '../../../shared/domain/time.ts';
import type { FeedFault, FeedFaultKind } from './feed-fault.ts';
import type { Validators } from './fetch-feed.ts';
import type { NewsFeed } from './news-feed.ts';

/** Polls move by up to this share either way, so that a fleet of us never asks in step. */
const jitterShare = 0.1;
const maxBackOffMs = hourMs;
/** Refused or gone will not change within the hour. */
const closedBackOffMs = 30 * minuteMs;
const maxClosedBackOffMs = 6 * hourMs;

export class FeedTrack {
  readonly feed: NewsFeed;
  readonly host: string;
  dueAt: EpochMs;
  underWay = false;
  validators: Validators = { etag: null, lastModified: null };
  lastOkAt: EpochMs | null = null;
  lastItemAt: EpochMs | null = null;
  latencyMs: number | null = null;
  fault: FeedFault | undefined;
  /** Failures since the last success. */
  failures = 0;
  readonly faults = new Map<FeedFaultKind, number>();
  /** Items told and items turned away, by reason. */
  readonly counts = new Map<string, number>();

  constructor(feed: NewsFeed, dueAt: EpochMs) {
    this.feed = feed;
    this.host = new URL(feed.url).host;
    this.dueAt = dueAt;
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  succeeded(now: EpochMs, latencyMs: number, random: number): void {
    this.fault = undefined;
    this.failures = 0;
    this.lastOkAt = now;
    this.latencyMs = latencyMs;
    this.dueAt = now + jittered(this.feed.everyMs, random);
  }

  failed(fault: FeedFault, now: EpochMs, random: number): void {
    this.fault = fault;
    this.failures += 1;
    this.faults.set(fault.kind, (this.faults.get(fault.kind) ?? 0) + 1);
    const closed = fault.kind === 'refused' || fault.kind === 'gone';
    const base = closed ? Math.max(closedBackOffMs, this.feed.everyMs) : this.feed.everyMs;
    const most = Math.max(base, closed ? maxClosedBackOffMs : maxBackOffMs);
    const backOff = Math.min(base * 2 ** Math.min(this.failures - 1, 16), most);
    this.dueAt = now + Math.max(jittered(backOff, random), fault.waitMs ?? 0);
    // What cannot be read must be sent again in full.
    this.validators = { etag: null, lastModified: null };
  }
}

function jittered(ms: number, random: number): number {
  return Math.round(ms * (1 - jitterShare + 2 * jitterShare * random));
}
