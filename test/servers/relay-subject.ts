// A real server behind a network that can be cut, as a subject of the relay contract.
import type { RelayLimits } from '../../src/adapters/relay/shared/relay-limits.ts';
import type { LabServer } from '../../src/runtime/fault-lab/redis-server.ts';
import { TcpProxy } from '../../src/runtime/fault-lab/tcp-proxy.ts';
import type { Relay } from '../../src/shared/ports/relay.ts';
import type { RelaySubject } from '../contract/relay.contract.ts';

/** With REQUIRE_REAL_SERVERS=1 a missing server is an Error instead of a reason to skip. */
export function skipOrThrow(reason: string | undefined): string | undefined {
  if (reason !== undefined && process.env.REQUIRE_REAL_SERVERS === '1') throw new Error(reason);
  return reason;
}

export async function subjectOn(
  server: LabServer,
  client: (url: string, limits?: Partial<RelayLimits>) => Relay,
): Promise<RelaySubject> {
  const proxy = await TcpProxy.before(server.port);
  const through = server.url.replace(String(server.port), String(proxy.port));
  return {
    make: (limits) => client(through, limits),
    server: {
      kill: () => server.process.kill(),
      start: () => server.process.start(),
      freeze: () => server.process.freeze(),
      thaw: () => server.process.thaw(),
      cut: () => proxy.setFault('blackhole'),
      join: () => proxy.setFault('none'),
      unreachable: () =>
        client(server.url.replace(String(server.port), '1').replace('guest:guest', 'guest:hush'), {
          answerTimeoutMs: 1_000,
        }),
    },
    dispose: async () => {
      await proxy.close();
      await server.remove();
    },
  };
}
