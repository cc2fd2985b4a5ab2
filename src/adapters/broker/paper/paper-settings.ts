// What the simulated venue charges and how slow it is. Defaults are a retail account's, on the dear side.
// It must never be kinder than a real venue by default.
import type { SlippageModel } from '../../../shared/domain/fill-engine.ts';
import type { AssetClass, Instrument } from '../../../shared/domain/instrument.ts';
import type { DecimalText } from '../../../shared/domain/money.ts';
import { isForexWeekOpen } from '../../../shared/domain/sessions.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';

interface FeeSchedule {
  /** Fractions of the traded value, decimal text. */
  readonly maker: DecimalText;
  readonly taker: DecimalText;
}

export interface PaperVenueSettings {
  readonly name: string;
  readonly startingCash: DecimalText;
  /** Median time from submit or cancel until the venue acts on it. */
  readonly latencyMs: number;
  /** How much the latency varies: the standard deviation of its logarithm; 0 keeps it constant. */
  readonly latencySpread: number;
  /** Seed of the latencies. */
  readonly seed: number;
  /** Whether the forex market is open; the house calendar with its holidays where one is given. */
  readonly isForexOpen: (at: EpochMs) => boolean;
  /** Largest share of a candle's volume that our orders take. */
  readonly participation: number;
  readonly slippage: SlippageModel;
  readonly fees: Readonly<Record<AssetClass, FeeSchedule>>;
  /** Fees of kinds that differ from their class; perpetuals and pools do. */
  readonly feesByKind: Readonly<Partial<Record<Instrument['kind'], FeeSchedule>>>;
  readonly allowShort: boolean;
}

export const defaultPaperVenueSettings: PaperVenueSettings = {
  name: 'paper',
  startingCash: '10000',
  latencyMs: 120,
  latencySpread: 0.5,
  seed: 1,
  isForexOpen: isForexWeekOpen,
  participation: 0.1,
  slippage: { base: 0.00002, volatilityShare: 0.1, impact: 0.5 },
  fees: {
    crypto: { maker: '0.001', taker: '0.001' },
    forex: { maker: '0.00002', taker: '0.00002' },
  },
  feesByKind: {
    crypto_perpetual: { maker: '0.0002', taker: '0.0005' },
    dex_token: { maker: '0.003', taker: '0.003' },
  },
  allowShort: true,
};

/** Final orders are remembered so long, and at most so many; a client order id is recognised that long. */
export const finalOrderRetentionMs = 86_400_000;
export const maxFinalOrders = 400;
/** Final orders named in a snapshot: those changed within this time. */
export const snapshotFinalMs = 3_600_000;
/** A candle may fill an order sent up to this long after the candle's open: feeds publish a close with a delay. */
export const candleOpenGraceMs = 5_000;
