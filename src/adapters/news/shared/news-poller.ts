// Polls all feeds, each at its own pace, gently to every host, and publishes what is new. It must never hold up a
// start, never poll a host that asked for a pause, and never let one bad feed disturb another.
import type { NewsItem } from '../../../shared/domain/news.ts';
import { type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Log } from '../../../shared/ports/log.ts';
import type { NewsSink, NewsSource } from '../../../shared/ports/news.ts';
import { Alarms } from '../../market-data/shared/alarms.ts';
import { assessFeeds } from './assess-feeds.ts';
import { FeedFault } from './feed-fault.ts';
import { FeedTrack } from './feed-track.ts';
import { type FetchedFeed, fetchFeed } from './fetch-feed.ts';
import type { FeedReading, NewsFeed } from './news-feed.ts';
import { NewsIntake } from './news-intake.ts';

/** The first polls are spread over this time, so that a start is not a burst. */
const firstSpreadMs = 15 * secondMs;
const maxParallelPolls = 4;
const maxItemsPerPoll = 200;
const statusEveryMs = 5 * minuteMs;
/** Name of the status over all news feeds together. */
const allNewsStatus = 'news';

export interface NewsPollerOptions {
  readonly feeds: readonly NewsFeed[];
  /** Symbols that items are linked to. */
  readonly universe: readonly string[];
  /** For this object alone: a clock has one wake-up. */
  readonly clock: Clock;
  readonly log: Log;
  /** Items of an earlier run, oldest first. */
  readonly recent?: readonly NewsItem[];
  readonly fetch?: typeof fetch;
  /** Uniform in [0, 1), for jitter. */
  readonly random?: () => number;
}

export class NewsPoller implements NewsSource {
  readonly groups: readonly string[];
  readonly #options: NewsPollerOptions;
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  readonly #intake: NewsIntake;
  readonly #random: () => number;
  readonly #tracks: readonly FeedTrack[];
  /** Per host, before when nothing is sent. */
  readonly #hostOpensAt = new Map<string, EpochMs>();
  readonly #lastReading = new Map<string, FeedReading>();
  readonly #told = new Map<string, string>();
  readonly #loggedFaults = new Set<string>();
  #sink: NewsSink | undefined;
  #run = new AbortController();
  readonly #polls = new Set<Promise<void>>();

  /** Throws RangeError when two feeds share a name. */
  constructor(options: NewsPollerOptions) {
    const names = new Set(options.feeds.map(({ name }) => name));
    if (names.size !== options.feeds.length) throw new RangeError('two news feeds have the same name');
    this.#options = options;
    this.#clock = options.clock;
    this.#alarms = new Alarms(options.clock);
    this.#random = options.random ?? Math.random;
    this.#intake = new NewsIntake(options.universe, options.recent);
    const now = this.#clock.now();
    this.#tracks = options.feeds.map((feed) => new FeedTrack(feed, now + this.#random() * firstSpreadMs));
    this.groups = [...new Set([allNewsStatus, ...options.feeds.map(({ statusGroup }) => statusGroup)])];
  }

  start(sink: NewsSink): void {
    this.#run = new AbortController();
    this.#sink = sink;
    this.#reportStatus();
    this.#next();
  }

  async stop(): Promise<void> {
    this.#run.abort();
    this.#sink = undefined;
    this.#alarms.cancelAll();
    await Promise.allSettled(this.#polls);
  }

  /** Counts per feed for people: items told, and what was turned away and why. */
  get tracks(): readonly FeedTrack[] {
    return this.#tracks;
  }

  /** Starts what is due and may be started, and sets the alarm for the next. */
  #next(): void {
    if (this.#sink === undefined) return;
    const now = this.#clock.now();
    const waiting = this.#tracks
      .filter((track) => !track.underWay)
      .sort((left, right) => left.dueAt - right.dueAt);
    let nextAt = Number.POSITIVE_INFINITY;
    for (const track of waiting) {
      const at = Math.max(track.dueAt, this.#hostOpensAt.get(track.host) ?? 0);
      if (at > now) nextAt = Math.min(nextAt, at);
      else if (this.#polls.size < maxParallelPolls) this.#begin(track, now);
    }
    // With every place taken, the end of a poll comes back here.
    if (nextAt !== Number.POSITIVE_INFINITY) this.#alarms.set('next', nextAt, () => this.#next());
  }

  #begin(track: FeedTrack, now: EpochMs): void {
    track.underWay = true;
    this.#closeHost(track.host, now + track.feed.hostGapMs);
    const { signal } = this.#run;
    const poll = this.#poll(track, signal).finally(() => {
      track.underWay = false;
      this.#polls.delete(poll);
      if (signal.aborted) return;
      this.#publishStatuses();
      this.#next();
    });
    this.#polls.add(poll);
  }

  #closeHost(host: string, until: EpochMs): void {
    this.#hostOpensAt.set(host, Math.max(until, this.#hostOpensAt.get(host) ?? 0));
  }

  async #poll(track: FeedTrack, signal: AbortSignal): Promise<void> {
    const tools = { fetch: this.#options.fetch ?? fetch, clock: this.#clock, alarms: this.#alarms };
    try {
      const fetched = await fetchFeed(track.feed, track.validators, tools, signal);
      if (signal.aborted) return;
      this.#closeHost(track.host, fetched.hostClosedUntil);
      this.#answered(track, fetched);
    } catch (error) {
      if (signal.aborted) return;
      this.#failed(track, error);
    }
  }

  #answered(track: FeedTrack, fetched: FetchedFeed): void {
    const { feed } = track;
    if (fetched.answer === null) {
      track.count('not_modified');
      // Said again, because whoever missed it the first time would miss it for as long as nothing changes.
      const reading = this.#lastReading.get(feed.name);
      if (reading !== undefined) this.#publishRecords(reading);
    } else {
      const reading = feed.read(fetched.answer);
      this.#publishItems(track, reading, fetched.answer.at);
      this.#publishRecords(reading);
      if (reading.calendar !== undefined || reading.sentiment !== undefined)
        this.#lastReading.set(feed.name, { ...reading, items: [] });
      // Only what could be read may be answered by "nothing changed".
      track.validators = fetched.validators;
    }
    track.succeeded(this.#clock.now(), fetched.latencyMs, this.#random());
  }

  #publishItems(track: FeedTrack, reading: FeedReading, at: EpochMs): void {
    if (reading.unreadable > 0) {
      track.count('unreadable', reading.unreadable);
      this.#logOnce(`${track.feed.name} unreadable`, {
        feed: track.feed.name,
        rows: reading.unreadable,
        reason: reading.unreadableReason,
      });
    }
    if (reading.items.length > maxItemsPerPoll)
      track.count('over_limit', reading.items.length - maxItemsPerPoll);
    // Feeds list the newest first; told in the order in which it happened.
    for (const raw of reading.items.slice(0, maxItemsPerPoll).reverse()) {
      const result = this.#intake.take(raw, track.feed, at);
      if (typeof result === 'string') {
        track.count(result);
        continue;
      }
      track.count('told');
      track.lastItemAt = at;
      this.#sink?.item(result);
    }
  }

  #publishRecords(reading: FeedReading): void {
    for (const sentiment of reading.sentiment ?? []) this.#sink?.sentiment(sentiment);
    if (reading.calendar !== undefined) this.#sink?.calendar(reading.calendar);
  }

  #failed(track: FeedTrack, error: unknown): void {
    // A reader that throws anything else met bytes nobody thought of; that feed waits, the others go on.
    const fault =
      error instanceof FeedFault
        ? error
        : new FeedFault('malformed', error instanceof Error ? error.name : 'unreadable');
    const now = this.#clock.now();
    track.failed(fault, now, this.#random());
    if (fault.waitMs !== null) this.#closeHost(track.host, now + fault.waitMs);
    const fields = { feed: track.feed.name, fault: fault.kind, reason: fault.message };
    // Without a network all feeds fail at once: the word of each group says that better than a line for each.
    if (fault.kind === 'unreachable') this.#options.log.debug(fields, 'a news feed does not answer');
    else this.#logOnce(`${track.feed.name} ${fault.kind}`, fields);
  }

  /** Each trouble once per run: a dead feed must not fill the log. */
  #logOnce(key: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#loggedFaults.has(key)) return;
    this.#loggedFaults.add(key);
    this.#options.log.warn(fields, 'a news feed is in trouble; said once per kind of trouble');
  }

  #reportStatus(): void {
    this.#told.clear();
    this.#publishStatuses();
    this.#alarms.set('status', this.#clock.now() + statusEveryMs, () => this.#reportStatus());
  }

  /** Publishes the groups whose word changed. */
  #publishStatuses(): void {
    const now = this.#clock.now();
    for (const group of this.groups) {
      const tracks = this.#tracks.filter(
        ({ feed }) =>
          feed.statusGroup === group || (group === allNewsStatus && feed.statusGroup.startsWith(`${group}_`)),
      );
      if (tracks.length === 0) continue;
      const status = assessFeeds(group, tracks, now);
      const key = `${status.state} ${status.health} ${status.detail} ${status.lastDataAt}`;
      if (this.#told.get(group) === key) continue;
      this.#told.set(group, key);
      this.#sink?.status(status);
    }
  }
}
