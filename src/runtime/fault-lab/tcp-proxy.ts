// A network in between that can be cut, slowed or closed: for fault runs and tests.
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** `blackhole`: bytes vanish and nobody is told; `refuse`: connections are reset and new ones not accepted. */
export type NetworkFault = 'none' | 'blackhole' | 'refuse';

export class TcpProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #fault: NetworkFault = 'none';
  #delayMs = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  static async before(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Healing closes what was cut, as a real network's connections would not survive it either. */
  setFault(fault: NetworkFault): void {
    const healed = this.#fault === 'blackhole' && fault !== 'blackhole';
    this.#fault = fault;
    if (fault === 'refuse' || healed) for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Every piece of data takes this much longer, each way. */
  setDelay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    if (this.#fault === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = dial(this.#target, '127.0.0.1');
    this.#pass(client, server);
    this.#pass(server, client);
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (data) => {
      if (this.#fault === 'blackhole') return;
      if (this.#delayMs === 0) to.write(data);
      else
        setTimeout(() => {
          if (!to.destroyed && this.#fault === 'none') to.write(data);
        }, this.#delayMs);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
