// A Redis of our own for benchmarks, fault runs and tests: append-only file, written every second.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { ChildServer, freePort, installed } from './child-server.ts';

const askTimeoutMs = 1_000;

/** A server started for us, with what a fault run does to it. */
export interface LabServer {
  readonly url: string;
  readonly port: number;
  readonly process: ChildServer;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** Why there can be no Redis; undefined when there can. */
export function redisMissing(): string | undefined {
  return installed('redis-server') === undefined
    ? 'no Redis server on this machine (apt-get install redis-server)'
    : undefined;
}

export async function startRedis(): Promise<LabServer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ato-redis-'));
  const port = await freePort();
  const server = new ChildServer({
    name: 'Redis',
    command: installed('redis-server') ?? 'redis-server',
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
    ],
    folder,
    ask: () => answersPing(port),
  });
  await server.start();
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    process: server,
    remove: async () => {
      await server.end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** It listens before it has read its file, and says LOADING until then. */
function answersPing(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(askTimeoutMs, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', (answer) => {
      socket.destroy();
      if (answer.toString().startsWith('+PONG')) resolve();
      else reject(new Error(answer.toString().slice(0, 80)));
    });
  });
}
