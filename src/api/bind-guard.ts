// Where the API may listen, and which Host names count as this machine. Must never let a foreign address pass
// without a token.
import { SettingsError } from '../shared/config/load-settings.ts';

/** True for addresses that only this machine can reach. */
export function isLoopback(address: string): boolean {
  const plain = stripBrackets(address.trim().toLowerCase());
  return plain === 'localhost' || plain === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain);
}

/** Throws SettingsError, with the fix, when others could reach the API and no token protects it. */
export function assertBindAllowed(bindAddress: string, apiToken: string | undefined): void {
  if (isLoopback(bindAddress)) return;
  if (apiToken !== undefined && apiToken.trim() !== '') return;
  throw new SettingsError(
    `BIND_ADDRESS=${bindAddress} lets other machines reach the API, but API_TOKEN is not set, so anyone could ` +
      'stop the system or close positions. Set API_TOKEN to a long random text (for example the output of ' +
      '"openssl rand -hex 32"), or leave BIND_ADDRESS at 127.0.0.1.',
  );
}

/** Host name of a Host header, without port and brackets, lower case; undefined when it cannot be read. */
export function hostNameOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const found = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/.exec(header.trim().toLowerCase());
  return found?.[1] === undefined ? undefined : stripBrackets(found[1]);
}

/**
 * True when the Host header names this machine or the address we are bound to. Anything else on an open door is
 * a page of another site that had its name resolved to us (DNS rebinding).
 */
export function isLocalHost(header: string | undefined, bindAddress: string): boolean {
  const name = hostNameOf(header);
  if (name === undefined) return false;
  return isLoopback(name) || name === stripBrackets(bindAddress.toLowerCase());
}

function stripBrackets(name: string): string {
  return name.replace(/^\[|\]$/g, '');
}
