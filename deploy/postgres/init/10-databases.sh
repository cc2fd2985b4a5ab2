#!/usr/bin/env bash
# First start of the database only: one role and database for the orchestrator, one for n8n, and a reader for Grafana.
# None of them is a superuser. The passwords come from the secrets.
set -euo pipefail
secret() { cat "/run/secrets/$1"; }
run() { psql -X -q -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" "$@"; }

run -d postgres -v ato="$(secret orchestrator_password)" -v n8n="$(secret n8n_password)" <<'SQL'
create role orchestrator login password :'ato';
create role n8n login password :'n8n';
create database trading owner orchestrator encoding 'UTF8' template template0;
create database n8n owner n8n encoding 'UTF8' template template0;
revoke connect on database trading, n8n from public;
grant pg_read_all_stats to orchestrator;
SQL
run -d trading -c 'create extension if not exists pg_stat_statements'
run -d trading -f /etc/ato/grafana-reader.sql \
  -v schema=ai_trading -v owner=orchestrator -v password="$(secret grafana_reader_password)"
run -d trading -c 'grant connect on database trading to grafana_reader'
