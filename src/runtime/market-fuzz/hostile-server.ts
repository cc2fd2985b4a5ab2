// A venue that breaks off, half-closes, lies and floods: HTTP and websocket on loopback, for fuzzing whole sources.
// Never reachable from elsewhere; ends with its run.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Random } from '../../shared/ports/random.ts';

const framesPerConnection = 6;

export interface HostileVenue {
  readonly port: number;
  close(): Promise<void>;
}

/** `body` gives what a request for this path is answered with, `frame` what a websocket says next. */
export async function openHostileVenue(
  random: Random,
  body: (path: string) => string,
  frame: () => string,
): Promise<HostileVenue> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => answer(response, body(request.url ?? '/'), random));
  const websockets = new WebSocketServer({ noServer: true });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('upgrade', (request, socket, head) => {
    if (refused(socket, random)) return;
    websockets.handleUpgrade(request, socket, head, (client) => speak(client, socket, frame, random));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, body: string, random: Random): void {
  const status = [200, 200, 200, 400, 403, 418, 429, 500, 503][random.integer(9)] ?? 200;
  switch (random.integer(8)) {
    case 0:
      response.socket?.destroy();
      return;
    case 1:
      // Half-closed: the head and a part of the body, then our side ends while the request still stands.
      response.writeHead(status, { 'content-length': String(body.length + 1_000) });
      response.write(body.slice(0, random.integer(body.length + 1)));
      response.socket?.end();
      return;
    case 2:
      response.writeHead(status, { 'content-type': 'text/html' }).end('<html>blocked</html>');
      return;
    case 3:
      response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}');
      return;
    default:
      response.writeHead(status, {
        'content-type': 'application/json',
        'retry-after': ['1', '-5', 'soon', ''][random.integer(4)] ?? '1',
        'x-mbx-used-weight-1m': ['7', 'NaN', '1e9'][random.integer(3)] ?? '7',
      });
      response.end(body);
  }
}

function refused(socket: Duplex, random: Random): boolean {
  const dice = random.integer(6);
  if (dice === 0) socket.destroy();
  else if (dice === 1) socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
  else if (dice === 2) socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: nothing\r\n\r\n');
  return dice <= 2;
}

function speak(client: WebSocket, socket: Duplex, frame: () => string, random: Random): void {
  client.on('error', () => undefined);
  client.on('message', () => say(client, frame));
  for (let sent = 0; sent < framesPerConnection; sent += 1) say(client, frame);
  switch (random.integer(5)) {
    case 0:
      // Half-closed: the other side may still speak, we never will.
      socket.end();
      return;
    case 1:
      socket.write(Buffer.from([0xff, 0xff, 0x00, 0x13]));
      return;
    case 2:
      client.close(1_012, 'restart');
      return;
    case 3:
      client.terminate();
      return;
    default:
  }
}

function say(client: WebSocket, frame: () => string): void {
  if (client.readyState === client.OPEN) client.send(frame());
}
