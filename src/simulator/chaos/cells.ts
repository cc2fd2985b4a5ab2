// The matrix: what can go wrong on the line to the venue, and where the house can die. Names are part of the output.

/** What the line between house and venue does during the bad hours. */
export const faults = {
  none: 'the line works',
  execute_then_time_out: 'the venue executes the request, the answer never comes',
  time_out_not_executed: 'the request never arrives, the answer never comes',
  connection_reset: 'the connection breaks; the request arrived or not',
  not_sent: 'the adapter says that the request certainly never left',
  duplicate: 'requests and reports arrive twice',
  delayed: 'requests and reports arrive late; a request older than the receive window dies',
  reordered: 'reports overtake each other',
  missing: 'reports are lost without a trace',
  contradictory: 'reports say that live orders ended, and that ended orders live',
  over_fill: 'the venue fills more than was ordered',
  rate_limited: 'the venue refuses to listen for minutes at a time',
  rejected_precision: 'the venue rejects orders for their precision, also stops and exits',
  venue_down: 'the venue cannot be reached for hours; resting orders go on filling',
  clock_jump: 'the clock of the house jumps forward and backward, by seconds to hours',
  failed_query: 'questions to the venue fail, hang, or are answered in part',
  stale_answer: 'questions are answered late, or from a copy some seconds old',
  stop_dropped: 'the venue drops standing stops by itself',
  mixed: 'any of these, at random',
} as const;
export type Fault = keyof typeof faults;

/** Where the process dies. Everything in memory is lost; what was committed and what is on the wire stays. */
export const crashPoints = {
  none: 'it does not die',
  before_commit: 'an order was decided, its turn not committed',
  after_commit: 'the turn is committed, its effects were not released',
  between_effects: 'the first effect towards the venue was released, the others not',
  after_send: 'the venue has the request, no answer was heard',
  before_result_commit: 'an answer of the venue was worked in, but not committed',
  commit_unknown: 'the commit was executed, the database said it failed',
  during_recovery: 'it dies, and again in the first commits of its recovery, up to three times',
} as const;
export type CrashPoint = keyof typeof crashPoints;

/** What kind of venue the house trades on, and whether its stops stand still: every cell meets all four in turn. */
export const houseKinds = {
  brackets: 'the venue keeps stop and target with the entry; stops stand still',
  brackets_moving: 'the same; stops follow the price, positions end by age and by later targets',
  plain: 'the venue keeps single orders only: the house sends the stop after the fill and watches the target',
  plain_moving: 'the same; stops follow the price, positions end by age and by later targets',
} as const;
export type HouseKind = keyof typeof houseKinds;

export const faultNames = Object.keys(faults) as Fault[];
export const crashPointNames = Object.keys(crashPoints) as CrashPoint[];

export const houseKindNames = Object.keys(houseKinds) as HouseKind[];

export interface Cell {
  readonly fault: Fault;
  readonly crash: CrashPoint;
}

export const cells: readonly Cell[] = faultNames.flatMap((fault) =>
  crashPointNames.map((crash) => ({ fault, crash })),
);

/** The cell that a seed belongs to: seeds in a row visit all cells in turn. */
export function cellOf(seed: number): Cell {
  return cells[seed % cells.length] ?? { fault: 'none', crash: 'none' };
}

/** Rounds over all cells after which the kinds shift by one, so that every kind meets every crash ordinal. */
const roundsPerShift = 12;

/** The kind of house that a seed belongs to: one for a whole round over the cells, then the next. */
export function houseKindOf(seed: number): HouseKind {
  const round = Math.floor(seed / cells.length);
  return houseKindNames[(round + Math.floor(round / roundsPerShift)) % houseKindNames.length] ?? 'brackets';
}

export function keepsBrackets(house: HouseKind): boolean {
  return house === 'brackets' || house === 'brackets_moving';
}

export function movesStops(house: HouseKind): boolean {
  return house === 'brackets_moving' || house === 'plain_moving';
}
