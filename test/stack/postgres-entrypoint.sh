#!/bin/bash
# What the official image's entry point does, as far as deploy/docker-compose.yml relies on it: for trying the stack without it.
set -euo pipefail
bin=$(echo /usr/lib/postgresql/*/bin)
data=/var/lib/postgresql/data
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$data" /var/run/postgresql
  chown -R postgres:postgres "$data" /var/run/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups bash "$0" "$@"
fi
export PATH="$bin:$PATH"
if [ ! -s "$data/PG_VERSION" ]; then
  eval "initdb -D $data -U postgres --pwfile=${POSTGRES_PASSWORD_FILE} -E UTF8 --locale=C.UTF-8 ${POSTGRES_INITDB_ARGS:-}"
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  # Only over the socket, so that nobody connects before everything is made.
  pg_ctl -D "$data" -w -o "-c listen_addresses='' ${*:2}" start
  for file in /docker-entrypoint-initdb.d/*.sh; do bash "$file"; done
  pg_ctl -D "$data" -w -m fast stop
fi
exec "$@" -D "$data" -c listen_addresses='*'
