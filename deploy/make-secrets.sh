#!/usr/bin/env bash
# Makes the secrets that deploy/docker-compose.yml mounts, each once: what is there already is kept.
set -euo pipefail
folder="${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/secrets}"
mkdir -p "$folder"
# Nobody else comes into the folder; the files themselves must be readable for the users inside of the containers.
chmod 700 "$folder"
for name in api_token postgres_password orchestrator_password n8n_password grafana_reader_password \
  grafana_admin_password n8n_encryption_key n8n_webhook_token rabbitmq_password relay_password; do
  file="$folder/$name"
  [ -s "$file" ] && continue
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file"
  chmod 444 "$file"
  echo "made $file" >&2
done
