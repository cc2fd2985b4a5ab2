// Every bound of the trading agent in one place, with its unit. Nothing here may depend on the run mode.

/** After an uncertainty the broker is asked this much later, then twice as late, up to the cap. */
export const truthDelayMs = 10_000;
export const maxTruthDelayMs = 300_000;
/** A broker is silent after `truthDelayMs` of real time; in a hurried market that is more of its time, up to this. */
export const maxSilenceMs = 21_600_000;
/** A contradiction is cleared up sooner, once reports that overtook each other have had time to arrive. */
export const contradictionDelayMs = 2_000;
/** An order must be silent this long before a complete snapshot without it proves that it never arrived. */
export const absenceGraceMs = 5_000;
/** How often one client order id is sent in all. */
export const maxSubmitAttempts = 3;
/** Pause before an order that certainly never left is sent again, times the attempt. */
export const resendDelayMs = 2_000;
/** An order older than this is never sent again: a venue's memory of final orders is not endless. */
export const maxResubmitAgeMs = 1_800_000;
/** First pause before another exit is tried; doubles up to the cap, and never gives up on a position. */
export const exitRetryMs = 5_000;
export const maxExitRetryMs = 300_000;
/** Before another exit is sent the broker confirms the end of the one before, if it can be heard within this. */
export const confirmEndWithinMs = 120_000;
/** How often a closed market is looked at again for a waiting exit. */
export const closedMarketRetryMs = 900_000;
/** Settled orders stay in memory this long so that repeated reports are recognised. */
export const settledRetentionMs = 5_000;
/** Signals remembered against repetition until they expire, at most so many. */
export const maxRememberedSignals = 500;
/** Equity points and routine reconciliation, with and without open positions. */
export const busyPulseMs = 900_000;
export const calmPulseMs = 3_600_000;
/** Stop distance of an adopted position, of which no plan is known, as a fraction of the price. */
export const adoptedStopFraction = 0.02;
/** Part of the free money that entries leave alone for fees and slippage. */
export const cashReserveFraction = 0.01;
/** Mismatches with the broker remembered while they wait for confirmation. */
export const maxMismatches = 50;
/** A stop is replaced only when it moves by this share of the first stop's distance: each move is two requests. */
export const stopMoveShare = 0.1;
/** Pause after a stop was sent to replace another before the next is sent. */
export const stopMovePauseMs = 60_000;
/** Profit above the entry that a break-even stop locks in, in typical spreads: leaving costs about that. */
export const breakEvenSpreads = 2;
/** Largest share of the value traded per hour that one entry may be. */
export const maxTurnoverShare = 0.05;
