// A RabbitMQ of our own for benchmarks, fault runs and tests: own node name, own ports, own epmd.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { ChildServer, freePort, installed } from './child-server.ts';
import type { LabServer } from './redis-server.ts';

const program = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const askTimeoutMs = 1_000;
/** First bytes of AMQP 0-9-1; only a server that is ready answers with a frame. */
const greeting = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

/** Why there can be no RabbitMQ; undefined when there can. */
export function rabbitMissing(): string | undefined {
  return installed(program) === undefined
    ? 'no RabbitMQ server on this machine (apt-get install rabbitmq-server)'
    : undefined;
}

export async function startRabbit(): Promise<LabServer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ato-rabbitmq-'));
  const [port, distribution, epmd] = [await freePort(), await freePort(), await freePort()];
  const config = path.join(folder, 'rabbitmq.conf');
  await writeFile(config, `listeners.tcp.default = 127.0.0.1:${port}\nloopback_users.guest = true\n`);
  const environment = {
    HOME: folder,
    RABBITMQ_MNESIA_BASE: path.join(folder, 'data'),
    RABBITMQ_LOG_BASE: path.join(folder, 'log'),
    RABBITMQ_NODENAME: `ato${port}@localhost`,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_PORT: String(epmd),
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_ENABLED_PLUGINS_FILE: path.join(folder, 'plugins'),
    // Then the script replaces itself by the server, so that the child's pid is the server's.
    RUNNING_UNDER_SYSTEMD: 'yes',
    // Two schedulers are enough here, and leave the machine to what is measured.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 2:2 +sbwt none',
  };
  const server = new ChildServer({
    name: 'RabbitMQ',
    command: program,
    args: [],
    environment,
    folder,
    ask: () => answersGreeting(port),
  });
  await server.start();
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    port,
    process: server,
    remove: async () => {
      await server.end('SIGKILL');
      // Its name service outlives it and belongs to nobody else: it listens on our own port.
      await ended(environment, ['-port', String(epmd), '-kill']);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function ended(environment: Readonly<Record<string, string>>, args: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('epmd', args, {
      env: { PATH: process.env.PATH ?? '', ...environment },
      stdio: 'ignore',
    });
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
}

function answersGreeting(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(greeting));
    socket.setTimeout(askTimeoutMs, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it closed the connection')));
    socket.once('data', () => {
      resolve();
      socket.destroy();
    });
  });
}
