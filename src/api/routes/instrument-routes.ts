// The instruments of this run and the rules of any other symbol. Only reads; knows nothing but the registry.
import { z } from 'zod';
import { type Instrument, instrumentFor } from '../../shared/domain/instrument.ts';
import { resolveSymbol, symbolProblemText } from '../../shared/domain/instrument-resolution.ts';
import { type ApiContext, type ApiServer, notFoundProblem, readProblems } from '../api-context.ts';
import type { RuntimeFacts } from '../api-dependencies.ts';
import { Problem } from '../problem.ts';
import { symbolText } from '../schemas/common-bodies.ts';
import { type InstrumentBody, instrumentBody } from '../schemas/instrument-bodies.ts';

export function addInstrumentRoutes(app: ApiServer, { dependencies }: ApiContext): void {
  app.get(
    '/markets/instruments',
    {
      schema: {
        tags: ['markets'],
        summary: 'What is followed, in which steps it trades, and who serves it',
        querystring: z.object({
          symbol: symbolText.optional().describe('One symbol, also one that is not followed'),
        }),
        response: {
          200: z.object({ instruments: z.array(instrumentBody) }),
          ...readProblems,
          ...notFoundProblem,
        },
      },
    },
    async ({ query: { symbol } }) => {
      const runtime = dependencies.runtime();
      if (symbol !== undefined) return { instruments: [instrumentRow(lookUp(symbol, runtime), runtime)] };
      const known = runtime.universe.flatMap((name) => instrumentFor(name) ?? []);
      return { instruments: known.map((instrument) => instrumentRow(instrument, runtime)) };
    },
  );
}

function lookUp(symbol: string, runtime: RuntimeFacts): Instrument {
  // A tape may carry a name that nobody would be allowed to type.
  const followed = runtime.universe.includes(symbol) ? instrumentFor(symbol) : undefined;
  const resolved = followed === undefined ? resolveSymbol(symbol) : { instrument: followed };
  if (resolved.instrument === undefined) throw new Problem('not-found', 404, symbolProblemText(resolved));
  return resolved.instrument;
}

function instrumentRow(instrument: Instrument, { sources, universe }: RuntimeFacts): InstrumentBody {
  const { symbol } = instrument;
  return {
    symbol,
    kind: instrument.kind,
    asset_class: instrument.assetClass,
    base: instrument.base,
    quote: instrument.quote,
    price_step: instrument.priceStep,
    price_precision: instrument.pricePrecision,
    pip: instrument.pip,
    quantity_step: instrument.quantityStep,
    minimum_notional: instrument.minimumNotional,
    typical_spread: instrument.typicalSpread,
    calendar: instrument.calendar,
    chain: instrument.chain ?? null,
    address: instrument.address ?? null,
    sources: [...instrument.servedBy],
    served_by: sources.filter((source) => source.symbols.includes(symbol)).map(({ source }) => source),
    followed: universe.includes(symbol),
  };
}
