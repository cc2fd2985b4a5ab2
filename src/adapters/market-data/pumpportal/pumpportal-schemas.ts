// Frames of PumpPortal's stream. The vendor documents no event schema: anything without a mint is an answer to a
// subscription, unknown kinds are ignored, numbers may be whole or not.
import { z } from 'zod';
import type { CandidateObservation } from '../../../shared/domain/candidate.ts';
import {
  candidateName,
  candidateSymbol,
  cleanReference,
  type Decoded,
  excerpt,
  fault,
  knownFacts,
  nothingDecoded,
  optionalText,
  parseJson,
  shortText,
} from '../shared/lenient-json.ts';

const eventSchema = z.object({
  mint: shortText,
  txType: shortText,
  pool: optionalText,
  name: optionalText,
  symbol: optionalText,
  traderPublicKey: optionalText,
});
const replySchema = z.object({ message: z.string().max(2_000).optional(), errors: z.unknown().optional() });

export type PumpportalFrame =
  | { readonly kind: 'event'; readonly decoded: Decoded }
  | { readonly kind: 'trade'; readonly mint: string; readonly side: 'buy' | 'sell' }
  | { readonly kind: 'reply'; readonly error: string | undefined }
  | { readonly kind: 'ignored' };

const curvePool = 'pump';

export function decodeFrame(text: string): PumpportalFrame {
  const body = parseJson(text);
  const event = eventSchema.safeParse(body);
  if (!event.success) return decodeReply(body, text);
  const { mint, txType, pool } = event.data;
  if (txType === 'buy' || txType === 'sell') return { kind: 'trade', mint, side: txType };
  // The stream carries other launchpads too, whose rules are not those of Pump.fun.
  if (txType === 'create') return pool === curvePool ? found(event.data, 'launch') : { kind: 'ignored' };
  if (txType === 'migrate') return found(event.data, 'migration');
  return { kind: 'ignored' };
}

function decodeReply(body: unknown, text: string): PumpportalFrame {
  const reply = replySchema.safeParse(body);
  const isReply = reply.success && (reply.data.message !== undefined || reply.data.errors !== undefined);
  if (isReply && typeof body === 'object' && body !== null && !('mint' in body)) {
    const { message = '', errors } = reply.data;
    // The texts are not documented; acknowledgements seen begin with "Successfully".
    const accepted = errors === undefined && /^successfully/i.test(message);
    return { kind: 'reply', error: accepted ? undefined : excerpt(errors ?? message) };
  }
  return { kind: 'event', decoded: { observations: [], faults: [fault('a frame of unknown shape', text)] } };
}

function found(event: z.output<typeof eventSchema>, origin: 'launch' | 'migration'): PumpportalFrame {
  const observation: CandidateObservation = {
    chain: 'solana',
    address: event.mint,
    origin,
    name: candidateName(event.name),
    symbol: candidateSymbol(event.symbol),
    facts: knownFacts({
      dex: cleanReference(event.pool),
      creator: origin === 'launch' ? cleanReference(event.traderPublicKey) : undefined,
      // By the published program, migration burns the liquidity tokens; only its own pool is meant.
      liquidity_lock: origin === 'migration' && event.pool === 'pump-amm' ? 'burned' : undefined,
    }),
  };
  return { kind: 'event', decoded: { ...nothingDecoded, observations: [observation] } };
}
