#!/bin/sh
# Reads secrets from files, so that they stand in no environment that `docker inspect` shows, then becomes the program.
# NAME_FILE=/run/secrets/... sets NAME; `$POSTGRES_PASSWORD` in DATABASE_URL and
# `$RELAY_PASSWORD` in RELAY_URL are replaced by the secret of that name.
set -eu
folder=${SECRETS_FOLDER:-/run/secrets}
for line in $(env | grep -E "^[A-Z0-9_]+_FILE=$folder/" || true); do
  name=${line%%=*}
  file=${line#*=}
  [ -r "$file" ] || { echo "The secret $file of $name cannot be read. Fix: make it with deploy/make-secrets.sh." >&2; exit 2; }
  export "${name%_FILE}=$(cat "$file")"
  unset "$name"
done
case "${DATABASE_URL:-}" in
  *'$POSTGRES_PASSWORD'*) DATABASE_URL="${DATABASE_URL%%'$POSTGRES_PASSWORD'*}${POSTGRES_PASSWORD:-}${DATABASE_URL#*'$POSTGRES_PASSWORD'}"; export DATABASE_URL ;;
esac
case "${RELAY_URL:-}" in
  *'$RELAY_PASSWORD'*) RELAY_URL="${RELAY_URL%%'$RELAY_PASSWORD'*}${RELAY_PASSWORD:-}${RELAY_URL#*'$RELAY_PASSWORD'}"; export RELAY_URL ;;
esac
unset POSTGRES_PASSWORD RELAY_PASSWORD
exec node --max-semi-space-size=4 /app/src/main.ts "$@"
