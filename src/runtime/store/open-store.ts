// Chooses the store by setting: PostgreSQL when DATABASE_URL is set, the embedded database otherwise.
import { hash } from 'node:crypto';
import path from 'node:path';
import { PgliteStore } from '../../adapters/store/pglite/pglite-store.ts';
import { PostgresInstallation } from '../../adapters/store/postgres/installation.ts';
import { PostgresStore } from '../../adapters/store/postgres/postgres-store.ts';
import { isPart, schemaOf, shortName } from '../../shared/config/process-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Store } from '../../shared/ports/store.ts';
import { accountOf } from '../broker/broker-selection.ts';

/** The other processes of the installation; undefined when all agents are here. */
export function installationOf(settings: Settings): PostgresInstallation | undefined {
  const { DATABASE_URL: url, DATABASE_SCHEMA: base } = settings;
  return url === undefined || !isPart(settings) ? undefined : new PostgresInstallation(url, base);
}

export interface StandingBy {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Told once when the wait begins. */
  readonly waiting?: () => void;
}

/** A store that is not open yet. With ATO_STANDBY=yes its open() waits until another process has let go, or the signal. */
export function openStore(settings: Settings, standingBy?: StandingBy): Store {
  const retentionDays = settings.ATO_JOURNAL_RETENTION_DAYS;
  if (settings.DATABASE_URL === undefined)
    return new PgliteStore({ folder: path.resolve(settings.DATA_DIR), retentionDays });
  return new PostgresStore({
    url: settings.DATABASE_URL,
    schema: schemaOf(settings),
    retentionDays,
    exclusive: exclusiveOf(settings),
    ...(settings.ATO_AGENTS_MOVED === 'yes'
      ? {}
      : { home: { base: settings.DATABASE_SCHEMA, agents: settings.AGENTS } }),
    ...(standingBy === undefined ? {} : { trouble: troubleOf(standingBy.log) }),
    ...(settings.ATO_STANDBY === 'no' || standingBy === undefined
      ? {}
      : {
          standby: {
            signal: standingBy.signal,
            waiting: (holder) => {
              standingBy.waiting?.();
              standingBy.log.info(
                { holder },
                'standing by: another process has the lease, this one takes over',
              );
            },
          },
        }),
  });
}

function troubleOf(log: Log): (words: string | undefined) => void {
  return (words) => {
    if (words === undefined) log.info({}, 'the database answers again: the lease is renewed');
    else log.warn({ detail: words }, 'the database answers slowly or not at all: the lease is in doubt');
  };
}

/** An agent lives in one process of an installation, and an account has one trader, whatever their schemas are. */
function exclusiveOf(settings: Settings): { readonly lock: string; readonly words: string }[] {
  const agents = settings.AGENTS.map((agent) => ({
    lock: `${settings.DATABASE_SCHEMA} agent ${agent}`,
    words: `The ${shortName(agent)} agent of this installation`,
  }));
  if (settings.ATO_MODE !== 'live' || !settings.AGENTS.includes('trading_ai')) return agents;
  const account = `${settings.ATO_BROKER}:${accountOf(settings)}`;
  return [
    ...agents,
    { lock: `account ${hash('sha256', account, 'hex')}`, words: 'The trading account of these settings' },
  ];
}
