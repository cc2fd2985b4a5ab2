#!/usr/bin/env bash
# Smoke test of the README's command: npm start, wait for the first decision over HTTP, stop it, check that it stopped well.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
port=$((20000 + RANDOM % 12000))
export ORCHESTRATOR_PORT=$port DATA_DIR="$work/data" LOG_DIR="$work/logs"

begun=$(date +%s%N)
npm start --silent >"$work/out" 2>&1 &
pid=$!
trap 'kill -9 $pid 2>/dev/null || true; rm -rf "$work"' EXIT

for _ in $(seq 1 600); do
  if curl -fsS "http://127.0.0.1:$port/decisions?limit=1" 2>/dev/null | grep -q '"id":"decision-'; then
    echo "first decision over HTTP after $((($(date +%s%N) - begun) / 1000000)) ms"
    curl -fsS "http://127.0.0.1:$port/health" && echo
    curl -fsS "http://127.0.0.1:$port/" | grep -qi '<!doctype html' || { echo "the page did not answer"; exit 1; }
    kill -TERM $pid
    if wait $pid; then echo "stopped cleanly"; exit 0; fi
    echo "npm start did not end with exit code 0"; cat "$work/out"; exit 1
  fi
  kill -0 $pid 2>/dev/null || { echo "npm start ended early"; cat "$work/out"; exit 1; }
  sleep 0.1
done
echo "no decision within 60 s"; cat "$work/out"; exit 1
