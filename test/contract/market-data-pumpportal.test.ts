// The PumpPortal source against a stand-in websocket: one connection at a time, free events without a key, paid trades
// only with it, and a key that is never shown.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { PumpportalSource } from '../../src/adapters/market-data/pumpportal/pumpportal-source.ts';
import { CandidateRecorder } from './market-data-support/dex-stand-in.ts';
import { ManualClock } from './market-data-support/manual-clock.ts';
import { until } from './market-data-support/recording-sink.ts';

const secondMs = 1_000;
const apiKey = 'portal-secret+key/000';

class PortalStandIn {
  readonly sockets: WebSocket[] = [];
  readonly said: { readonly method: string; readonly keys?: readonly string[] }[] = [];
  readonly addresses: string[] = [];
  refuse = false;
  mostAtOnce = 0;
  readonly #http: Server = createServer();
  readonly #ws = new WebSocketServer({ noServer: true });

  constructor() {
    this.#http.on('upgrade', (request, socket, head) => {
      this.addresses.push(request.url ?? '');
      if (this.refuse) {
        socket.end('HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n\r\n');
        return;
      }
      this.#ws.handleUpgrade(request, socket, head, (client) => {
        this.sockets.push(client);
        this.mostAtOnce = Math.max(this.mostAtOnce, this.open.length);
        client.on('message', (data) => this.said.push(JSON.parse(String(data))));
        client.on('error', () => undefined);
      });
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/api/data`;
  }

  get open(): readonly WebSocket[] {
    return this.sockets.filter((socket) => socket.readyState === socket.OPEN);
  }

  send(frame: unknown): void {
    for (const socket of this.open) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }
}

let venue: PortalStandIn;
let clock: ManualClock;
let sink: CandidateRecorder;
let source: PumpportalSource;

beforeEach(async () => {
  venue = new PortalStandIn();
  await venue.listen();
  clock = new ManualClock(Date.UTC(2026, 10, 1, 12));
  sink = new CandidateRecorder();
  source = newSource();
});
afterEach(async () => {
  await source.stop();
  await venue.close();
  expect(JSON.stringify([sink.statuses, sink.quarantines, sink.batches])).not.toMatch(/portal-secret/);
  expect(venue.mostAtOnce).toBeLessThanOrEqual(1);
});

function newSource(key?: string): PumpportalSource {
  return new PumpportalSource({
    clock,
    url: venue.url,
    random: () => 0.5,
    ...(key === undefined ? {} : { apiKey: key }),
  });
}

async function connect(): Promise<void> {
  await source.start(sink);
  await until(() => venue.said.length >= 2, 'the subscriptions');
}

/** Lets what was sent arrive, and then the flush that hands it on. */
async function flushed(): Promise<void> {
  const before = sink.batches.length + sink.quarantines.length;
  await until(() => {
    clock.advance(100);
    return sink.batches.length + sink.quarantines.length > before;
  }, 'a batch');
}

const create = {
  signature: 'SIG',
  mint: 'MintOne',
  traderPublicKey: 'DevOne',
  txType: 'create',
  initialBuy: 57_003_124.9,
  vSolInBondingCurve: 31.68,
  marketCapSol: 31.18,
  name: 'Demo',
  symbol: 'DMO',
  pool: 'pump',
};

test('launches and migrations are subscribed and handed on; other launchpads and trades are not', async () => {
  await connect();
  expect(venue.said.map(({ method }) => method)).toEqual(['subscribeNewToken', 'subscribeMigration']);
  venue.send({ message: 'Successfully subscribed to token creation events.' });
  venue.send(create);
  venue.send({ ...create, mint: 'BonkOne', pool: 'bonk' });
  venue.send({ ...create, txType: 'buy', mint: 'Traded' });
  venue.send({ signature: 'S', mint: 'MintTwo', txType: 'migrate', pool: 'pump-amm' });
  venue.send({ signature: 'S', mint: 'MintThree', txType: 'migrate', pool: 'elsewhere' });
  await flushed();
  const seen = sink.batches.flatMap((batch) => batch.observations);
  expect(seen.map(({ address, origin, facts }) => [address, origin, facts])).toEqual([
    ['MintOne', 'launch', { dex: 'pump', creator: 'DevOne' }],
    ['MintTwo', 'migration', { dex: 'pump-amm', liquidity_lock: 'burned' }],
    ['MintThree', 'migration', { dex: 'elsewhere' }],
  ]);
  expect(sink.state).toBe('live');
  expect(sink.quarantines).toEqual([]);
});

test('without a key no trades are asked for; with one, those of watched tokens of its chain only', async () => {
  await connect();
  source.watch([{ chain: 'solana', address: 'MintOne' }]);
  await source.stop();
  expect(venue.said.some(({ method }) => method === 'subscribeTokenTrade')).toBe(false);
  expect(venue.addresses.at(-1)).not.toContain('api-key');
  venue.said.length = 0;
  source = newSource(apiKey);
  await connect();
  source.watch([
    { chain: 'solana', address: 'MintOne' },
    { chain: 'base', address: '0xabc' },
  ]);
  await until(() => venue.said.length >= 3, 'the trades');
  expect(venue.said.at(-1)).toEqual({ method: 'subscribeTokenTrade', keys: ['MintOne'] });
  expect(venue.addresses.at(-1)).toContain(encodeURIComponent(apiKey));
});

test('an error answer is shown as a refusal, never with the key', async () => {
  source = newSource(apiKey);
  await connect();
  venue.send({ errors: 'insufficient balance in wallet' });
  venue.send(create);
  await flushed();
  clock.advance(31 * secondMs);
  expect(sink.state).toBe('degraded');
  expect(sink.detail).toContain('insufficient balance');
});

test('cut off, it dials again with growing pauses, never beside another connection', async () => {
  await connect();
  venue.refuse = true;
  const dials: number[] = [];
  let known = venue.addresses.length;
  for (const socket of venue.sockets) socket.terminate();
  await until(() => {
    clock.advance(100);
    if (venue.addresses.length > known) {
      known = venue.addresses.length;
      dials.push(clock.now());
    }
    return dials.length >= 6;
  }, 'dials');
  const pauses = dials.slice(1).map((at, index) => at - (dials[index] ?? 0));
  expect(pauses.at(-1)).toBeGreaterThan(4 * (pauses[0] ?? 0));
  expect(['stale', 'unreachable']).toContain(sink.state);
  venue.refuse = false;
  const before = venue.open.length;
  await until(() => {
    clock.advance(500);
    return venue.open.length > before;
  }, 'a new connection');
});

test('a connection that says nothing is blind, and given up when not even pings are answered', async () => {
  await connect();
  const [socket] = venue.sockets;
  socket?.removeAllListeners('ping');
  const silent = socket as unknown as { _receiver: { removeAllListeners(name: string): void } };
  silent._receiver.removeAllListeners('ping');
  for (let step = 0; step < 5; step += 1) clock.advance(30 * secondMs);
  await until(() => {
    clock.advance(secondMs);
    return venue.addresses.length > 1;
  }, 'a second dial');
  expect(sink.statuses.some(({ state }) => state === 'unreachable')).toBe(true);
});

test('frames of any shape are counted and left out, a flood is bounded', async () => {
  await connect();
  const started = clock.now();
  for (const frame of [
    '',
    'null',
    '[]',
    '{"mint":7}',
    '<html>',
    '{"txType":"create"}',
    '{"mint":"M","txType":"x"}',
  ])
    venue.send(frame);
  for (let index = 0; index < 700; index += 1) venue.send({ ...create, mint: `Mint${index}` });
  venue.send({ ...create, mint: 'Evil', name: '<b>\u202e</b>'.repeat(50) });
  await until(() => {
    clock.advance(100);
    return sink.of('Mint699').length + sink.of('Evil').length > 0 || clock.now() > started + 60 * secondMs;
  }, 'the flood');
  const seen = sink.batches.flatMap((batch) => batch.observations);
  expect(seen.length).toBeLessThanOrEqual(701);
  for (const batch of sink.batches) expect(batch.observations.length).toBeLessThanOrEqual(200);
  expect(sink.quarantines.map(({ reason }) => reason)).toContain('a frame of unknown shape');
});

test('stopped, nothing stays behind', async () => {
  await connect();
  await source.stop();
  await until(() => venue.open.length === 0, 'the closing');
  expect(clock.pendingWakeAt).toBeUndefined();
  expect(await source.reachable(100)).toBe(false);
});
