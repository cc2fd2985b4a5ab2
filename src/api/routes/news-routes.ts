// News, sentiment and economic calendar as they were recorded. Only reads; the texts are quotations, passed on as data.
import { z } from 'zod';
import { calendarImpacts } from '../../shared/domain/news.ts';
import { type ApiContext, type ApiServer, readProblems } from '../api-context.ts';
import { instantQuery, limitQuery, maxListRows } from '../schemas/common-bodies.ts';
import { calendarBody, newsBody, sentimentBody } from '../schemas/news-bodies.ts';
import { toWireForm } from '../wire-form.ts';

const defaultNewsItems = 50;
const defaultReadings = 30;
const defaultEvents = 100;

/** A symbol of the universe, or a code such as BTC or EUR. */
const symbolOrAsset = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9][A-Z0-9-]{1,31}$/, 'must be a symbol such as BTCUSDT or a code such as EUR');

const currencyCode = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z]{3}$/, 'must be a currency code such as USD');

export function addNewsRoutes(app: ApiServer, context: ApiContext): void {
  addNews(app, context);
  addSentiment(app, context);
  addCalendar(app, context);
}

function addNews(app: ApiServer, { dependencies: { reader } }: ApiContext): void {
  app.get(
    '/markets/news',
    {
      schema: {
        tags: ['markets'],
        summary: 'Headlines, newest first; quoted from outside',
        querystring: z.object({ symbol: symbolOrAsset.optional(), limit: limitQuery(defaultNewsItems) }),
        response: { 200: z.object({ news: z.array(newsBody) }), ...readProblems },
      },
    },
    async ({ query: { symbol, limit } }) => {
      // The whole collection is no larger than one list.
      const rows = await reader.list('news', { limit: maxListRows });
      const wanted = rows
        .filter((row) => symbol === undefined || row.symbols.includes(symbol) || row.assets.includes(symbol))
        .sort((left, right) => right.known_at - left.known_at);
      return { news: wanted.slice(0, limit).map(toWireForm) };
    },
  );
}

function addSentiment(app: ApiServer, { dependencies: { reader } }: ApiContext): void {
  app.get(
    '/markets/sentiment',
    {
      schema: {
        tags: ['markets'],
        summary: 'Readings of sentiment indexes, newest first',
        querystring: z.object({ limit: limitQuery(defaultReadings) }),
        response: {
          200: z.object({ latest: sentimentBody.nullable(), sentiment: z.array(sentimentBody) }),
          ...readProblems,
        },
      },
    },
    async ({ query: { limit } }) => {
      const rows = await reader.list('sentiment', { limit: maxListRows });
      const readings = rows.sort((left, right) => right.at - left.at).map(toWireForm);
      return { latest: readings[0] ?? null, sentiment: readings.slice(0, limit) };
    },
  );
}

function addCalendar(app: ApiServer, { dependencies: { reader } }: ApiContext): void {
  app.get(
    '/markets/calendar',
    {
      schema: {
        tags: ['markets'],
        summary: 'Scheduled economic events, soonest first',
        querystring: z.object({
          currency: currencyCode.optional(),
          impact: z.enum(calendarImpacts).optional(),
          from: instantQuery.optional().describe('Events at or after this instant'),
          to: instantQuery.optional().describe('Events at or before this instant'),
          limit: limitQuery(defaultEvents),
        }),
        response: { 200: z.object({ events: z.array(calendarBody) }), ...readProblems },
      },
    },
    async ({ query: { currency, impact, from = 0, to = Number.POSITIVE_INFINITY, limit } }) => {
      const rows = await reader.list('calendar', { limit: maxListRows });
      const events = rows
        .filter((event) => event.at >= from && event.at <= to)
        .filter((event) => currency === undefined || event.currency === currency || event.currency === 'ALL')
        .filter((event) => impact === undefined || event.impact === impact)
        .sort((left, right) => left.at - right.at);
      return { events: events.slice(0, limit).map(toWireForm) };
    },
  );
}
