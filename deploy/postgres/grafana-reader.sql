-- A role for Grafana that may read the orchestrator's tables and nothing else. Run it as a superuser in the database:
--   psql -v schema=ai_trading -v owner=orchestrator -v password=... -f grafana-reader.sql
-- Tables of later versions are readable too: their owner grants them by default from now on.
\set ON_ERROR_STOP on
select 'create role grafana_reader login' where not exists (select from pg_roles where rolname = 'grafana_reader') \gexec
alter role grafana_reader with login nosuperuser nocreatedb nocreaterole password :'password';
alter role grafana_reader set default_transaction_read_only to on;
alter role grafana_reader set statement_timeout to '15s';
create schema if not exists :"schema" authorization :"owner";
grant usage on schema :"schema" to grafana_reader;
grant select on all tables in schema :"schema" to grafana_reader;
alter default privileges for role :"owner" in schema :"schema" grant select on tables to grafana_reader;
