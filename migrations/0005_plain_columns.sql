-- The columns that repeat fields of `data` become plain ones, filled by the program in the statement that writes the row.
-- The database read the JSON text again for each of them, which was most of what a commit of orders cost.
-- Values that are there stay; names, types and indexes are the same.
do $$
declare
  generated record;
begin
  for generated in
    select c.relname as relation, a.attname as attribute
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attgenerated = 's'
    where n.nspname = current_schema() and c.relname = any (array['alarms', 'decisions', 'tasks', 'mandates', 'signals',
      'refusals', 'orders', 'fills', 'positions', 'trading_state', 'equity', 'incidents', 'heals', 'dead_letters',
      'source_status', 'agent_memory', 'news', 'sentiment', 'calendar', 'candidates'])
  loop
    execute format('alter table %I alter column %I drop expression', generated.relation, generated.attribute);
  end loop;
end
$$;
