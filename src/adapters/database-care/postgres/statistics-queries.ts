// What the caretaker asks the statistics views. Only our own role's statements are ever ended, and never a backup, the
// writer, or the caretaker itself.

const milliseconds = (since: string) => `extract(epoch from clock_timestamp() - ${since}) * 1000`;

/** Our role at work in this database; a dump runs for long and is meant to. */
const ours = `a.datname = current_database() and a.usename = current_user and a.pid <> pg_backend_pid()
  and a.application_name not in ('pg_dump', 'pg_basebackup') and a.application_name not like 'ato process%'
  and a.application_name not like 'ato health%' and a.query !~* '^\\s*(vacuum|analyze|create index|copy)'`;

export const lookStatements = {
  server: `select
    (extract(epoch from clock_timestamp()) * 1000)::text as server_ms,
    (select count(*) from pg_stat_activity where backend_type = 'client backend')::text as connections,
    (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int)::text as connection_limit,
    (select count(*) from pg_stat_activity a where a.datname = current_database() and a.wait_event_type = 'Lock')::text as waiting_locks,
    (select max(${milliseconds('a.query_start')}) from pg_stat_activity a
      where a.datname = current_database() and a.wait_event_type = 'Lock')::text as longest_lock_wait_ms,
    (select max(${milliseconds('a.query_start')}) from pg_stat_activity a where ${ours} and a.state = 'active')::text as longest_own_ms,
    (select a.query from pg_stat_activity a where ${ours} and a.state = 'active' order by a.query_start limit 1) as longest_own_query,
    pg_database_size(current_database())::text as database_bytes
  where $1::text is not null`,
  tables: `select relname as table_name, n_live_tup::text as live_rows, n_dead_tup::text as dead_rows
    from pg_stat_user_tables where schemaname = $1 order by n_dead_tup desc limit 1`,
  tablesToTidy: `select relname as table_name, n_dead_tup::text as dead_rows
    from pg_stat_user_tables where schemaname = $1 and (n_dead_tup > 0 or n_mod_since_analyze > 0)
    order by n_dead_tup desc, n_mod_since_analyze desc limit $2`,
  cancelRunaways: `select a.pid, a.query, (${milliseconds('a.query_start')})::text as ran_ms, pg_cancel_backend(a.pid) as ended
    from pg_stat_activity a
    where ${ours} and a.state = 'active' and ${milliseconds('a.query_start')} > $1::double precision`,
  endIdleBlockers: `select a.pid, (${milliseconds('a.state_change')})::text as idle_ms, pg_terminate_backend(a.pid) as ended
    from pg_stat_activity a
    where ${ours} and a.state like 'idle in transaction%' and ${milliseconds('a.state_change')} > $1::double precision
      and exists (select from pg_stat_activity b where a.pid = any (pg_blocking_pids(b.pid)))`,
  columns: `select c.relname as table_name, k.attname as column_name,
      exists (select from pg_index i where i.indrelid = c.oid and i.indkey[0] = k.attnum and i.indisvalid) as leads
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute k on k.attrelid = c.oid and k.attnum > 0 and not k.attisdropped
    where n.nspname = $1 and c.relkind = 'r'`,
} as const;

/** The schema that pg_stat_statements was put into; no row without the extension. */
export const statementsSchema = `select quote_ident(n.nspname) as schema_name
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'`;

/** Of our role, by total time; `schema` is quoted already. */
export function topStatements(schema: string): string {
  return `select query, calls::text, mean_exec_time::text as mean_ms
    from ${schema}.pg_stat_statements s join pg_roles r on r.oid = s.userid
    where r.rolname = current_user and s.dbid = (select oid from pg_database where datname = current_database())
    order by total_exec_time desc limit 20`;
}
