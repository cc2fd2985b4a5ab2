import { expect, test } from 'vitest';
import { assertBindAllowed, hostNameOf, isLocalHost, isLoopback } from './bind-guard.ts';

test.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1', '[::1]', '::ffff:127.0.0.1'])(
  '%s is loopback',
  (address) => {
    expect(isLoopback(address)).toBe(true);
    expect(() => assertBindAllowed(address, undefined)).not.toThrow();
  },
);

test.each(['0.0.0.0', '::', '192.168.1.4', '127.0.0.1.evil.example', 'example.org', ''])(
  '%s is refused without a token and allowed with one',
  (address) => {
    expect(isLoopback(address)).toBe(false);
    expect(() => assertBindAllowed(address, undefined)).toThrow(/API_TOKEN/);
    expect(() => assertBindAllowed(address, '  ')).toThrow(/BIND_ADDRESS/);
    expect(() => assertBindAllowed(address, 'a-long-enough-token')).not.toThrow();
  },
);

test.each([
  ['localhost:8080', true],
  ['LOCALHOST', true],
  ['127.0.0.1:8080', true],
  ['[::1]:8080', true],
  ['10.0.0.7:8080', true],
  ['evil.example:8080', false],
  ['localhost.evil.example', false],
  ['localhost:8080@evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['', false],
  [undefined, false],
])('Host %s names this machine: %s', (host, expected) => {
  expect(isLocalHost(host, '10.0.0.7')).toBe(expected);
});

test('a Host header is read without port and brackets', () => {
  expect(hostNameOf('[::1]:80')).toBe('::1');
  expect(hostNameOf('a.example:8080')).toBe('a.example');
  expect(hostNameOf('a b')).toBeUndefined();
});
