// The event stream over a real socket: order, conflation, coming back, and clients that do not behave.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { candle, decision, fill, signal, startAt } from '../../test/support/api-rows.ts';
import { type ApiWorld, apiWorld, type WorldOptions } from '../../test/support/api-world.ts';
import { problemBody } from './problem.ts';

let world: ApiWorld;
const clients: IncomingMessage[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await world.app.close();
});

async function open(options: WorldOptions = {}): Promise<number> {
  world = await apiWorld(options);
  await world.app.listen({ host: '127.0.0.1', port: 0 });
  return (world.app.server.address() as AddressInfo).port;
}

interface Client {
  readonly response: IncomingMessage;
  /** Resolves with the events so far once their text contains the given piece. */
  until(piece: string): Promise<string>;
}

async function follow(port: number, path = '/events', headers: Record<string, string> = {}): Promise<Client> {
  const request = get({ host: '127.0.0.1', port, path, headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  clients.push(response);
  response.setEncoding('utf8');
  response.on('error', () => {});
  let text = '';
  response.on('data', (piece: string) => {
    text += piece;
  });
  return {
    response,
    async until(piece) {
      while (!text.includes(piece)) await once(response, 'data');
      return text;
    },
  };
}

function eventsIn(text: string): { id?: string; event: string; data: unknown }[] {
  return text
    .split('\n\n')
    .filter((block) => block.includes('event: '))
    .map((block) => {
      const fields: Record<string, string> = Object.fromEntries(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      return { ...fields, event: fields.event ?? '', data: JSON.parse(fields.data ?? 'null') };
    });
}

const sayCandle = (minute: number, close: number) =>
  world.say('market.candle', {
    source: 'synthetic',
    kind: 'simulated',
    candle: candle(minute * 60_000, { close }),
    happened_at: 1,
    known_at: 1,
  });

test('a client is greeted and hears each decision as a row with ISO instants and an id', async () => {
  const client = await follow(await open());
  expect(client.response.headers['content-type']).toMatch(/^text\/event-stream/);
  expect(client.response.headers['x-content-type-options']).toBe('nosniff');
  await client.until('event: hello');
  world.say('decision', decision({ id: 'd7' }));
  world.say('signal', signal({ signal_id: 's7' }));
  const events = eventsIn(await client.until('s7'));
  expect(events.map((event) => event.event)).toEqual(['hello', 'decision', 'signal']);
  expect(events[1]).toMatchObject({
    id: expect.stringMatching(/^m\d+$/),
    data: { id: 'd7', at: '2026-01-05T10:00:00.000Z' },
  });
});

test('candles and quotes conflate to the newest, and leave before what was said after them', async () => {
  const client = await follow(await open({ limits: { events: { flushMs: 600_000 } } }));
  await client.until('event: hello');
  for (let close = 1; close <= 50; close++) sayCandle(1, close);
  for (let bid = 1; bid <= 50; bid++) {
    const quotes = [{ symbol: 'EURUSD', bid, ask: bid + 1, happenedAt: startAt }];
    world.say('market.quotes', { source: 'synthetic', quotes, known_at: startAt });
  }
  world.say('decision', decision({ id: 'after' }));
  const events = eventsIn(await client.until('after'));
  expect(events.map((event) => event.event)).toEqual(['hello', 'market.candle', 'market.quote', 'decision']);
  expect(events[1]?.data).toMatchObject({
    symbol: 'BTCUSDT',
    close: 50,
    open_time: '1970-01-01T00:01:00.000Z',
  });
  expect(events[2]?.data).toMatchObject({ symbol: 'EURUSD', bid: 50, source: 'synthetic' });
});

test('conflated events leave by themselves after a moment', async () => {
  const client = await follow(await open({ limits: { events: { flushMs: 5 } } }));
  await client.until('event: hello');
  sayCandle(1, 77);
  expect(await client.until('"close":77')).toContain('event: market.candle');
});

test('fills and the equity of a summary become events of their own', async () => {
  const client = await follow(await open());
  await client.until('event: hello');
  const equity = { at: startAt, cash: 1, equity: 2, peak_equity: 3, drawdown_pct: 4, open_positions: 5 };
  world.say('trading.summary', {
    state: 'active',
    open_positions: 5,
    open_orders: 0,
    unknown_orders: 0,
    blocked: [],
    equity,
    simulated: true,
  });
  world.say('broker.report', {
    broker: 'paper',
    report_id: 'b1',
    client_order_id: 'ato-o1',
    kind: 'fill',
    fill: fill(),
    order: null,
    reason: null,
    at: startAt,
  });
  const events = eventsIn(await client.until('trading.fill'));
  expect(events.map((event) => event.event)).toEqual([
    'hello',
    'trading.summary',
    'trading.equity',
    'trading.fill',
  ]);
});

test('a client that comes back hears what it missed', async () => {
  const port = await open();
  const first = await follow(port);
  await first.until('event: hello');
  world.say('decision', decision({ id: 'heard' }));
  const lastId = eventsIn(await first.until('heard')).at(-1)?.id ?? '';
  first.response.destroy();
  world.say('decision', decision({ id: 'missed1' }));
  world.say('decision', decision({ id: 'missed2' }));
  const second = await follow(port, '/events', { 'last-event-id': lastId });
  const events = eventsIn(await second.until('missed2'));
  expect(events.map((event) => (event.data as { id?: string }).id)).toEqual([
    undefined,
    'missed1',
    'missed2',
  ]);
});

test.each(['m999999', 'nonsense\u00ff', 'x'.repeat(4_000)])(
  'an id that is not kept is answered with reset',
  async (id) => {
    const client = await follow(await open(), '/events', { 'last-event-id': id });
    expect(await client.until('event: reset')).toContain('not kept');
  },
);

test('a silent stream still beats', async () => {
  const client = await follow(await open({ limits: { events: { heartbeatMs: 5 } } }));
  expect(await client.until(': heartbeat')).toContain('event: hello');
});

test('more clients than served get a problem, and a place freed is a place given', async () => {
  const port = await open({ limits: { events: { maxClients: 2, heartbeatMs: 5 } } });
  const first = await follow(port);
  await follow(port);
  const third = await follow(port);
  expect(third.response.statusCode).toBe(503);
  expect(problemBody.parse(JSON.parse(await third.until('}')))).toMatchObject({
    type: 'urn:ato:problem:too-many-streams',
  });
  first.response.destroy();
  await expect.poll(async () => (await follow(port)).response.statusCode).toBe(200);
});

test('a client that never reads is cut off, and the others go on', async () => {
  const port = await open({ limits: { events: { maxBufferedBytes: 200_000 } } });
  const lazy = connect(port, '127.0.0.1');
  lazy.on('error', () => {});
  await once(lazy, 'connect');
  lazy.pause();
  lazy.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const reader = await follow(port);
  await reader.until('event: hello');
  const metrics = async () =>
    (await world.app.inject({ url: '/metrics', headers: { host: 'localhost' } })).body;
  await expect.poll(metrics).toContain('ato_event_stream_clients 2');
  const reasoning = 'x'.repeat(100_000);
  for (let count = 0; ; count++) {
    world.say('decision', decision({ id: `flood${count}`, reasoning }));
    await reader.until(`flood${count}`);
    if ((await metrics()).includes('ato_event_stream_dropped_total 1')) break;
    expect(count).toBeLessThan(500);
  }
  world.say('decision', decision({ id: 'still-here' }));
  expect(await reader.until('still-here')).toContain('still-here');
  lazy.destroy();
});

test('a client that has stopped reading gives its place back soon, also when little is said', async () => {
  const port = await open({
    limits: { events: { conflatedSkipBytes: 10_000, maxBufferedBytes: 1e9, heartbeatMs: 20 } },
  });
  const lazy = connect(port, '127.0.0.1');
  lazy.on('error', () => {});
  await once(lazy, 'connect');
  lazy.pause();
  lazy.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const reader = await follow(port);
  await reader.until('event: hello');
  const metrics = async () =>
    (await world.app.inject({ url: '/metrics', headers: { host: 'localhost' } })).body;
  await expect.poll(metrics).toContain('ato_event_stream_clients 2');
  // Until the operating system's own buffers are full; what waits here never reaches the limit that cuts off at once.
  const reasoning = 'x'.repeat(50_000);
  await expect
    .poll(
      async () => {
        world.say('decision', decision({ id: 'more', reasoning }));
        return metrics();
      },
      { interval: 10, timeout: 20_000 },
    )
    .toContain('ato_event_stream_dropped_total 1');
  world.say('decision', decision({ id: 'still-here' }));
  expect(await reader.until('still-here')).toContain('still-here');
  lazy.destroy();
});

test('another site’s page gets no stream', async () => {
  const port = await open();
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'http://evil.example' }]) {
    const refused = await follow(port, '/events', headers as Record<string, string>);
    expect(refused.response.statusCode).toBe(403);
  }
  const own = await follow(port, '/events', { 'sec-fetch-site': 'same-origin' });
  expect(own.response.statusCode).toBe(200);
});

test('the token in the address opens the stream where headers cannot be sent', async () => {
  const token = 'correct-horse-battery-staple';
  const port = await open({ dependencies: { apiToken: token, bindAddress: '0.0.0.0' } });
  const client = await follow(port, `/events?token=${token}`);
  expect(client.response.statusCode).toBe(200);
  const refused = await follow(port, '/events?token=guess');
  expect(refused.response.statusCode).toBe(401);
});

test('closing ends open streams and leaves the message stream', async () => {
  const client = await follow(await open());
  await client.until('event: hello');
  expect(world.listeners()).toBe(1);
  const ended = once(client.response, 'close');
  await world.app.close();
  await ended;
  expect(world.listeners()).toBe(0);
});

test('bytes that are not HTTP are answered with a problem', async () => {
  const port = await open();
  const socket = connect(port, '127.0.0.1');
  socket.end('\u0016\u0003\u0001 hello\r\n\r\n');
  socket.setEncoding('utf8');
  let text = '';
  for await (const piece of socket) text += piece;
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  problemBody.parse(JSON.parse(text.slice(text.indexOf('{'))));
});
