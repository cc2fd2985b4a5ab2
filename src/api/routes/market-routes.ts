// Sources and recent candles for charts. Only reads, only from memory.
import { z } from 'zod';
import { timeframes } from '../../shared/domain/candle.ts';
import { type ApiContext, type ApiServer, notFoundProblem, readProblems } from '../api-context.ts';
import { sourceRow } from '../overview.ts';
import { Problem } from '../problem.ts';
import { maxCandlesPerSymbol } from '../recent-candles.ts';
import { limitQuery, symbolText } from '../schemas/common-bodies.ts';
import { candleBody, sourceBody } from '../schemas/health-bodies.ts';
import { candleRow } from '../stream-events.ts';

export function addMarketRoutes(app: ApiServer, { dependencies, candles }: ApiContext): void {
  app.get(
    '/markets/sources',
    {
      schema: {
        tags: ['markets'],
        summary: 'Where prices come from and how well',
        response: { 200: z.object({ sources: z.array(sourceBody) }), ...readProblems },
      },
    },
    async () => ({ sources: dependencies.runtime().sources.map(sourceRow) }),
  );

  app.get(
    '/markets/candles',
    {
      schema: {
        tags: ['markets'],
        summary: 'Recent closed candles of one symbol, oldest first',
        querystring: z.object({
          symbol: symbolText,
          timeframe: z.enum(timeframes).optional().describe('Default: the one its source gives'),
          limit: limitQuery(300, maxCandlesPerSymbol),
        }),
        response: {
          200: z.object({
            candles: z.array(candleBody),
            symbol: z.string(),
            timeframe: z.enum(timeframes).nullable(),
          }),
          ...readProblems,
          ...notFoundProblem,
        },
      },
    },
    async ({ query: { symbol, timeframe, limit } }) => {
      const series = candles.of(symbol, timeframe);
      if (series === undefined && !dependencies.runtime().universe.includes(symbol))
        throw new Problem('not-found', 404, `${symbol} is not among the symbols followed here.`);
      const { source = '', kind = 'simulated' } = series ?? {};
      return {
        candles: (series?.candles ?? []).slice(-limit).map((candle) => candleRow({ candle, source, kind })),
        symbol,
        timeframe: series?.timeframe ?? timeframe ?? null,
      };
    },
  );
}
