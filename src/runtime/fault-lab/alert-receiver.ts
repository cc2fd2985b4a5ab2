// A stand-in for whoever receives alerts by webhook: what people would have heard, with when. Loopback only.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const maxBodyBytes = 65_536;

const alertSchema = z.object({
  incident_id: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  phase: z.enum(['opened', 'updated', 'resolved']),
  text: z.string(),
});

export interface ReceivedAlert extends z.infer<typeof alertSchema> {
  /** Steady milliseconds of this process. */
  readonly at: number;
}

export interface AlertReceiver {
  readonly url: string;
  /** Each message once, in the order of arrival. */
  readonly alerts: readonly ReceivedAlert[];
  /** Deliveries that had come before, or were no alert. */
  readonly repeated: number;
  readonly malformed: number;
  close(): Promise<void>;
}

export async function openAlertReceiver(): Promise<AlertReceiver> {
  const alerts: ReceivedAlert[] = [];
  const seen = new Set<string>();
  const odd = { repeated: 0, malformed: 0 };
  const take = (delivery: string, body: string): void => {
    if (seen.has(delivery)) {
      odd.repeated++;
      return;
    }
    seen.add(delivery);
    const parsed = alertSchema.safeParse(jsonOf(body));
    if (parsed.success) alerts.push({ ...parsed.data, at: performance.now() });
    else odd.malformed++;
  };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= maxBodyBytes) pieces.push(piece);
    });
    request.on('end', () => {
      take(String(request.headers['x-ato-delivery'] ?? ''), Buffer.concat(pieces).toString());
      response.writeHead(204).end();
    });
    request.on('error', () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    alerts,
    get repeated() {
      return odd.repeated;
    },
    get malformed() {
      return odd.malformed;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
