// PumpPortal's stream: new tokens and migrations, free; trades of watched tokens only with the user's key, because
// they are paid. ONE connection at a time: a second one gets the address banned, so none is dialled beside another.
import { WebSocket } from 'ws';
import type { SourceState } from '../../../shared/domain/source-status.ts';
import { type EpochMs, hourMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type {
  CandidateSink,
  CandidateSource,
  TokenReference,
} from '../../../shared/ports/candidate-source.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { Alarms } from '../shared/alarms.ts';
import { CandidateGate } from '../shared/candidate-gate.ts';
import type { Decoded } from '../shared/lenient-json.ts';
import { StatusReport } from '../shared/status-report.ts';
import { decodeFrame } from './pumpportal-schemas.ts';
import { TradeTally } from './trade-tally.ts';

const defaultUrl = 'wss://pumpportal.fun/api/data';
const connectTimeoutMs = 10 * secondMs;
const pingEveryMs = 30 * secondMs;
/** Tokens are launched every few seconds, and our pings are answered: this long a silence is a dead connection. */
const silenceLimitMs = 90 * secondMs;
const flushEveryMs = 5 * secondMs;
const statusEveryMs = 30 * secondMs;
const firstReconnectMs = 2 * secondMs;
/** A ban for too many connections ends within the hour; dialling every few minutes does not prolong it. */
const maxReconnectMs = 5 * minuteMs;
const maxDoublings = 10;
const maxFrameBytes = 100_000;
/** Frames kept between two flushes; a flood beyond is counted and left out. */
const maxWaitingFrames = 500;
/** Trades are paid by the event: few tokens, and each for the day that its counts need. */
const maxTradedTokens = 50;
const tradedForMs = 25 * hourMs;
const closeCode = 1_000;

export interface PumpportalSourceOptions {
  readonly clock: Clock;
  /** Without it no trades are asked for. It belongs to a custodial wallet: never shown anywhere. */
  readonly apiKey?: string;
  readonly url?: string;
  readonly random?: () => number;
}

export class PumpportalSource implements CandidateSource {
  readonly name = 'pumpportal';
  readonly #options: PumpportalSourceOptions;
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  /** Tokens whose trades are wanted, and since when. */
  readonly #traded = new Map<string, EpochMs>();
  #subscribed = new Set<string>();
  #tally: TradeTally;
  #socket: WebSocket | undefined;
  #sink: CandidateSink | undefined;
  #gate: CandidateGate | undefined;
  #waiting: Decoded[] = [];
  #leftOut = 0;
  #openSince: EpochMs | undefined;
  #lastFrameAt: EpochMs = 0;
  #lastDataAt: EpochMs | null = null;
  #pingedAt: EpochMs | undefined;
  #latencyMs: number | null = null;
  #failures = 0;
  #fault = '';
  #refusal = '';
  readonly #status: StatusReport;

  constructor(options: PumpportalSourceOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#alarms = new Alarms(options.clock);
    this.#status = new StatusReport(this.name);
    this.#tally = new TradeTally(maxTradedTokens);
  }

  /** Dialling to find out would risk a second connection, so the answer is what the stream knows. */
  async reachable(_timeoutMs: number): Promise<boolean> {
    return this.#openSince !== undefined;
  }

  async start(sink: CandidateSink): Promise<void> {
    if (this.#sink !== undefined) await this.stop();
    this.#sink = sink;
    this.#gate = new CandidateGate(sink, this.name);
    this.#begin();
  }

  watch(tokens: readonly TokenReference[]): void {
    if (this.#options.apiKey === undefined) return;
    const now = this.#clock.now();
    for (const [address, since] of this.#traded) if (now - since > tradedForMs) this.#traded.delete(address);
    for (const { chain, address } of tokens) {
      if (this.#traded.size >= maxTradedTokens) break;
      if (chain === 'solana' && !this.#traded.has(address)) this.#traded.set(address, now);
    }
    this.#subscribeTrades();
  }

  async restart(reason: string): Promise<void> {
    if (this.#sink === undefined) return;
    this.#end();
    this.#fault = `restarted: ${reason}`;
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#end();
    this.#sink = undefined;
    this.#gate = undefined;
  }

  #begin(): void {
    const now = this.#clock.now();
    this.#alarms.set('flush', now + flushEveryMs, () => this.#flush());
    this.#alarms.set('status', now + statusEveryMs, () => this.#report());
    this.#status.repeat();
    this.#publishStatus();
    this.#dial();
  }

  #end(): void {
    this.#alarms.cancelAll();
    const socket = this.#socket;
    this.#socket = undefined;
    this.#openSince = undefined;
    this.#waiting = [];
    this.#failures = 0;
    if (socket?.readyState === WebSocket.OPEN) socket.close(closeCode);
    socket?.terminate();
  }

  // --- connection ---

  #dial(): void {
    if (this.#socket !== undefined) return;
    const { url = defaultUrl, apiKey } = this.#options;
    const address = apiKey === undefined ? url : `${url}?api-key=${encodeURIComponent(apiKey)}`;
    const socket = new WebSocket(address, {
      maxPayload: maxFrameBytes,
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: connectTimeoutMs,
    });
    this.#socket = socket;
    const ours = () => socket === this.#socket;
    socket.on('open', () => ours() && this.#opened(socket));
    socket.on('message', (data, isBinary) => ours() && this.#frame(isBinary ? '' : data.toString()));
    socket.on('pong', () => ours() && this.#pong());
    // The error of a handshake may carry the address, and the address carries the key.
    socket.on('error', (error) => ours() && this.#lost(withoutKey(error.message, apiKey)));
    socket.on('close', (code) => ours() && this.#lost(`closed with code ${code}`));
  }

  #opened(socket: WebSocket): void {
    this.#openSince = this.#clock.now();
    this.#lastFrameAt = this.#clock.now();
    this.#subscribed = new Set();
    this.#refusal = '';
    socket.send(JSON.stringify({ method: 'subscribeNewToken' }));
    socket.send(JSON.stringify({ method: 'subscribeMigration' }));
    this.#subscribeTrades();
    this.#alarms.set('ping', this.#clock.now() + pingEveryMs, () => this.#ping());
    this.#publishStatus();
  }

  #subscribeTrades(): void {
    if (this.#options.apiKey === undefined || this.#socket?.readyState !== WebSocket.OPEN) return;
    const wanted = [...this.#traded.keys()];
    const fresh = wanted.filter((address) => !this.#subscribed.has(address));
    const gone = [...this.#subscribed].filter((address) => !wanted.includes(address));
    this.#send('subscribeTokenTrade', fresh);
    this.#send('unsubscribeTokenTrade', gone);
    this.#subscribed = new Set(wanted);
  }

  #send(method: string, keys: readonly string[]): void {
    if (keys.length > 0) this.#socket?.send(JSON.stringify({ method, keys }));
  }

  #ping(): void {
    const now = this.#clock.now();
    if (now - this.#lastFrameAt >= silenceLimitMs) {
      this.#lost(`no frame for ${silenceLimitMs / secondMs} s`);
      return;
    }
    this.#pingedAt = now;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.ping();
    this.#alarms.set('ping', now + pingEveryMs, () => this.#ping());
  }

  #pong(): void {
    this.#lastFrameAt = this.#clock.now();
    if (this.#pingedAt !== undefined) this.#latencyMs = this.#clock.now() - this.#pingedAt;
    this.#pingedAt = undefined;
  }

  #lost(reason: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#openSince = undefined;
    socket?.terminate();
    this.#alarms.cancel('ping');
    this.#fault = reason;
    // What was missed cannot be counted any more.
    this.#tally = new TradeTally(maxTradedTokens);
    const limitMs = Math.min(maxReconnectMs, firstReconnectMs * 2 ** Math.min(this.#failures, maxDoublings));
    this.#failures += 1;
    const { random = Math.random } = this.#options;
    const waitMs = Math.ceil(limitMs * (0.5 + 0.5 * random()));
    this.#alarms.set('dial', this.#clock.now() + waitMs, () => this.#dial());
    this.#publishStatus();
  }

  // --- frames ---

  #frame(text: string): void {
    const now = this.#clock.now();
    this.#lastFrameAt = now;
    const frame = decodeFrame(text);
    switch (frame.kind) {
      case 'event':
        if (this.#waiting.length < maxWaitingFrames) this.#waiting.push(frame.decoded);
        else this.#leftOut += 1;
        if (frame.decoded.observations.length > 0) {
          // An open socket alone proves nothing; an event does.
          this.#failures = 0;
          this.#lastDataAt = now;
        }
        break;
      case 'trade':
        this.#lastDataAt = now;
        if (this.#subscribed.has(frame.mint)) this.#tally.note(frame.mint, frame.side, now);
        break;
      case 'reply':
        if (frame.error !== undefined) this.#refusal = frame.error;
        break;
      case 'ignored':
        break;
    }
  }

  #flush(): void {
    const now = this.#clock.now();
    this.#alarms.set('flush', now + flushEveryMs, () => this.#flush());
    const waiting = this.#waiting;
    this.#waiting = [];
    const faults = waiting.flatMap((decoded) => decoded.faults);
    if (this.#leftOut > 0)
      faults.push({ reason: 'more frames than can be read', where: `${this.#leftOut} frames` });
    this.#leftOut = 0;
    const traded = this.#tally.take(now);
    const observations = [...waiting.flatMap((decoded) => decoded.observations), ...traded];
    if (observations.length > 0 || faults.length > 0) this.#gate?.publish({ observations, faults }, now);
    this.#publishStatus();
  }

  // --- status ---

  #report(): void {
    this.#status.repeat();
    this.#publishStatus();
    this.#alarms.set('status', this.#clock.now() + statusEveryMs, () => this.#report());
  }

  #publishStatus(): void {
    const now = this.#clock.now();
    const [state, health, detail] = this.#assess(now);
    const facts = { latencyMs: this.#latencyMs, lastDataAt: this.#lastDataAt };
    const counts = `; ${this.#gate?.dropped ?? 0} dropped`;
    this.#status.publish(this.#sink, now, { state, health, detail }, facts, counts);
  }

  #assess(now: EpochMs): readonly [SourceState, number, string] {
    if (this.#openSince === undefined) {
      if (this.#fault === '') return ['degraded', 0.3, 'connecting'];
      const recent = this.#lastDataAt !== null && now - this.#lastDataAt < 2 * minuteMs;
      return recent
        ? ['stale', 0.2, `reconnecting: ${this.#fault}`]
        : ['unreachable', 0, `reconnecting: ${this.#fault}`];
    }
    const quietMs = now - Math.max(this.#openSince, this.#lastDataAt ?? 0);
    if (quietMs >= 2 * minuteMs) return ['blind', 0.1, 'connected, but no event for two minutes'];
    if (this.#refusal !== '') return ['degraded', 0.5, `a subscription was refused: ${this.#refusal}`];
    return ['live', 1, this.#options.apiKey === undefined ? 'launches and migrations' : 'with trades'];
  }
}

function withoutKey(message: string, key: string | undefined): string {
  const cut = message.slice(0, 300);
  return key === undefined
    ? cut
    : cut.replaceAll(key, '(hidden)').replaceAll(encodeURIComponent(key), '(hidden)');
}
