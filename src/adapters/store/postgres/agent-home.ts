// Keeps an agent from beginning anew without its rows: each group of agents has a schema of its own, so an agent that is started
// in another group would know nothing of what it did. It must never move or change rows.
import type pg from 'pg';
import { agentsOfSchema, shortName } from '../../../shared/config/process-settings.ts';
import { quotedIdentifier } from '../../../shared/db/sql-driver.ts';
import type { AgentName } from '../../../shared/domain/agent-name.ts';
import { StoreOpenError } from '../../../shared/ports/store.ts';

export interface AgentHome {
  /** DATABASE_SCHEMA, which the schemas of all groups begin with. */
  readonly base: string;
  readonly agents: readonly AgentName[];
}

interface Dwelling {
  readonly schema: string;
  readonly agents: readonly AgentName[];
  readonly leftAt: Date;
}

/** Throws StoreOpenError when one of the agents last lived, and left something, in another schema of the installation. */
export async function assertAgentsAtHome(
  client: pg.Client,
  schema: string,
  { base, agents }: AgentHome,
): Promise<void> {
  const dwellings = await dwellingsOf(client, base);
  for (const agent of agents) {
    const last = dwellings.find((one) => one.agents.includes(agent));
    if (last === undefined || last.schema === schema) continue;
    const moved = agents.filter((one) => dwellings.find(({ agents: all }) => all.includes(one)) === last);
    const names = moved.map(shortName).join(', ');
    const before = last.agents.map(shortName).join(',');
    const held = moved.includes('trading_ai') ? await holdings(client, last.schema) : '';
    throw new StoreOpenError(
      `In this installation ${names} last lived in the schema ${last.schema} (AGENTS=${before}, until ${last.leftAt.toISOString()}${held}). In ${schema} it would begin anew and know nothing of that. Fix: start with AGENTS=${before} as before; or close what is open there and set ATO_AGENTS_MOVED=yes for one start. Nothing was changed.`,
    );
  }
}

/** Schemas in which agents of the installation have committed something, the latest first. */
async function dwellingsOf(client: pg.Client, base: string): Promise<Dwelling[]> {
  const { rows } = await client.query<{ schema: string }>(
    `select n.nspname as schema from pg_namespace n join pg_class c on c.relnamespace = n.oid and c.relname = 'lease'
     where (n.nspname = $1 or starts_with(n.nspname, $1 || '_')) and has_schema_privilege(n.oid, 'usage')
       and has_table_privilege(c.oid, 'select')`,
    [base],
  );
  const found: Dwelling[] = [];
  for (const { schema } of rows) {
    const agents = agentsOfSchema(base, schema);
    if (agents === undefined) continue;
    const name = quotedIdentifier(schema);
    const lease = await client.query<{ renewed_at: Date }>(
      `select l.renewed_at from ${name}.lease l, ${name}.store_state s where s.sequence > 0`,
    );
    const leftAt = lease.rows[0]?.renewed_at;
    if (leftAt !== undefined) found.push({ schema, agents, leftAt });
  }
  return found.sort((left, right) => right.leftAt.getTime() - left.leftAt.getTime());
}

async function holdings(client: pg.Client, schema: string): Promise<string> {
  const name = quotedIdentifier(schema);
  const { rows } = await client.query<{ positions: string; orders: string }>(
    `select (select count(*) from ${name}.positions where open)::text as positions,
            (select count(*) from ${name}.orders where open)::text as orders`,
  );
  const { positions = '0', orders = '0' } = rows[0] ?? {};
  return `, with ${positions} open position(s) and ${orders} order(s) under way`;
}
