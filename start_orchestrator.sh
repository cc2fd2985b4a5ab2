#!/usr/bin/env bash
# Starts everything, creating .env from env.example on the first run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if [ ! -f .env ]; then
  cp env.example .env
  chmod 600 .env
  echo "Created .env from env.example: put your keys there. Everything works without any." >&2
fi
exec npm start --silent -- "$@"
