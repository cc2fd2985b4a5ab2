#!/usr/bin/env bash
# Installs the n8n that tests run, outside the repository, once: prints its folder. Nothing is compiled, because the
# tests keep n8n's data in PostgreSQL. It must never touch an n8n of yours.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/test/servers/n8n"
lock=$(sha256sum "$here/pnpm-lock.yaml" | cut -c1-12)
folder="${N8N_TEST_FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/ato/n8n-$lock}"
if [ ! -f "$folder/.complete" ]; then
  mkdir -p "$folder"
  cp "$here/package.json" "$here/pnpm-lock.yaml" "$folder/"
  # Slow registries are given ten minutes, no more.
  (cd "$folder" && timeout 600 npx --yes pnpm@10.34.9 install --frozen-lockfile --reporter=append-only) >"$folder/install.log" 2>&1 ||
    { tail -20 "$folder/install.log" >&2; echo "n8n could not be installed in $folder" >&2; exit 1; }
  touch "$folder/.complete"
fi
echo "$folder"
