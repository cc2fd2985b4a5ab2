// Every number the health monitor judges by, in one place. Nothing here is read from outside.
import { hourMs, minuteMs, secondMs } from '../shared/domain/time.ts';

/** A hard limit with hysteresis: becomes bad at `enter`, good again only at `leave`. */
export interface LevelLimit {
  readonly warning: number;
  readonly critical: number;
  readonly leave: number;
}

export const eventLoopDelayLimitMs: LevelLimit = { warning: 200, critical: 2_000, leave: 100 };
export const cpuLimit: LevelLimit = { warning: 0.95, critical: 4, leave: 0.8 };
/** Share of V8's heap limit in use. */
export const heapShareLimit: LevelLimit = { warning: 0.8, critical: 0.93, leave: 0.7 };
export const inboxDepthLimit: LevelLimit = { warning: 5_000, critical: 15_000, leave: 1_000 };
/** Mean handler time of one agent between two vitals. */
export const agentTurnLimitMs: LevelLimit = { warning: 50, critical: 500, leave: 20 };
export const storeLatencyLimitMs: LevelLimit = { warning: 500, critical: 5_000, leave: 250 };
export const clockSkewLimitMs: LevelLimit = { warning: 1_000, critical: 10_000, leave: 500 };

/** Round trip to the relay; a message between agents should not take longer than a price stays fresh. */
export const relayLatencyLimitMs: LevelLimit = {
  warning: 500,
  critical: Number.POSITIVE_INFINITY,
  leave: 200,
};
/** Age of the oldest message between two processes that is not committed where it should be. */
export const relayLagLimitMs: LevelLimit = {
  warning: 30_000,
  critical: Number.POSITIVE_INFINITY,
  leave: 10_000,
};
/** Up to here messages wait for the relay in the database without a person; none is dropped beyond. */
export const relayBufferMessages = 100_000;
/** What is on its way at any time: the buffer counts as drained. */
export const relayDrained = { messages: 200, oldestMs: 10_000 } as const;

/** Share of the files and connections that the process may have. */
export const openFilesShareLimit: LevelLimit = { warning: 0.8, critical: 0.95, leave: 0.7 };
/** A wall clock that moved this much by itself jumped. */
export const clockJumpMs = 1_000;
/** The database: share of its connections, share of dead rows, longest wait for a lock, longest statement of our own role. */
export const databaseConnectionShare = 0.9;
export const databaseDeadShare = 0.6;
export const databaseLockWaitMs = 5_000;
export const databaseRunawayMs = 30_000;

/** Free disk: bad below the smaller of a share of it and a fixed bound. The journal, the database and the logs all need it. */
export const diskFreeWarningShare = 0.05;
export const diskFreeWarningBytes = 1_000_000_000;
export const diskFreeCriticalBytes = 200_000_000;
export const diskFreeLeaveFactor = 1.2;

/** Incidents that reopen within this time are flapping: each time they must stay quiet twice as long. */
export const flapMemoryMs = hourMs;
export const maxQuietDoublings = 3;
/** A condition that came this often opens an incident although it never lasted through its debounce. */
export const flapOpenSymptoms = 5;
/** More different causes than this are folded into one. */
export const maxCauses = 256;
/** Of these, what other monitors say may take this many: the rest is kept for what the house finds itself. */
export const maxExternalCauses = 128;
export const maxSources = 64;
export const maxNameLength = 64;
export const maxDetailLength = 300;

export const restartAttemptLimit = 5;
export const restartVerifyMs = 30 * secondMs;
export const restartFirstBackoffMs = 15 * secondMs;
export const restartMaxBackoffMs = 10 * minuteMs;
/** An agent that stays up this long after its restart counts as healed. */
export const agentVerifyMs = 10 * secondMs;
/** The kernel's restart alarm may be late by this much before health escalates. */
export const agentRestartGraceMs = 30 * secondMs;
export const tightenVerifyMs = 30 * secondMs;
/** Blind for this long with no source left: trading may only reduce. */
export const blindTightenMs = 5 * minuteMs;
/** Critical disk or heap for this long: trading may only reduce. */
export const exhaustionTightenMs = minuteMs;

/** Ids of what the process did by itself while no agent could: it is only recorded. */
export const reflexPrefix = 'reflex-';
/** Of these: that people were told directly, so that what the agents see of it afterwards is told with it. */
export const reflexToldId = `${reflexPrefix}told`;

/** A check waits at most this long for its probes, and ends this much before its task's deadline. */
export const checkTimeoutMs = 15 * secondMs;
export const checkMarginMs = secondMs;
export const maxConcurrentChecks = 4;
/** A failed probe is repeated at this interval until it succeeds. */
export const reprobeIntervalMs = 5 * secondMs;

export const summaryHeartbeatMs = 30 * secondMs;
export const summaryMinIntervalMs = 2 * secondMs;
export const summaryDeadband = 0.1;

/** Alarms are never set nearer than this; health does not need finer time. */
export const alarmResolutionMs = secondMs;
