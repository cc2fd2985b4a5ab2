#!/usr/bin/env bash
# Starts the whole stack of deploy/docker-compose.yml for real, waits until every service is healthy, kills the orchestrator, looks
# again, and takes everything down. Official images are replaced by stand-ins made of Debian packages, because a test machine may
# have no registry. Needs root, dockerd, debootstrap and docker compose; exit 3 with the reason when one of them is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing() { echo "the stack cannot be tried here: $1" >&2; exit 3; }
[ "$(id -u)" = 0 ] || missing 'it needs root, for an engine of its own'
for program in dockerd debootstrap docker iptables-save; do command -v $program >/dev/null || missing "no $program (apt-get install docker.io debootstrap iptables)"; done
cache="${XDG_CACHE_HOME:-$HOME/.cache}/ato"
if ! docker compose version >/dev/null 2>&1; then
  export DOCKER_CONFIG="$cache/docker-cli" PATH="$cache/docker-cli:$PATH"
  docker compose version >/dev/null 2>&1 || missing 'no docker compose (bash scripts/install-docker-compose.sh)'
fi

work="${ATO_STACK_FOLDER:-$(mktemp -d /tmp/ato-stack-XXXXXX)}"
mkdir -p "$work/images" "$cache"
export DOCKER_HOST="unix://$work/docker.sock" DOCKER_BUILDKIT=0 BUILDX_BUILDER=
compose=(docker compose -p ato-trial -f deploy/docker-compose.yml -f test/stack/docker-compose.stand-ins.yml)
iptables-save >"$work/iptables" 2>/dev/null || true
[ -e /sys/class/net/docker0 ] && had_bridge=1

finish() {
  "${compose[@]}" --profile '*' down --volumes --timeout 20 >/dev/null 2>&1 || true
  [ -s "$work/dockerd.pid" ] && kill "$(cat "$work/dockerd.pid")" 2>/dev/null && for _ in $(seq 50); do [ -e "$work/dockerd.pid" ] || break; sleep 0.2; done
  [ -s "$work/iptables" ] && iptables-restore "$work/iptables" 2>/dev/null
  [ -n "${had_bridge:-}" ] || ip link delete docker0 2>/dev/null || true
  [ -n "${made_secrets:-}" ] && rm -rf deploy/secrets
  # The engine leaves its network namespaces mounted; what cannot be removed does not make a good run bad.
  umount -l "$work"/exec/netns/* 2>/dev/null || true
  [ -n "${ATO_STACK_FOLDER:-}" ] || rm -rf "$work" 2>/dev/null || true
  return 0
}
trap finish EXIT

dockerd --data-root "$work/images" --exec-root "$work/exec" --pidfile "$work/dockerd.pid" -H "$DOCKER_HOST" \
  --storage-driver overlay2 >"$work/dockerd.log" 2>&1 &
for _ in $(seq 100); do docker info >/dev/null 2>&1 && break; sleep 0.2; done
docker info >/dev/null 2>&1 || { tail -5 "$work/dockerd.log" >&2; missing 'the engine does not start on this machine'; }

# One Debian for all; kept beside the repository, because it takes a minute or two.
base="$cache/stack-debian.tar"
if [ ! -s "$base" ]; then
  debootstrap --variant=minbase --include=ca-certificates,postgresql,redis-server,prometheus,prometheus-alertmanager,tini,wget \
    bookworm "$work/debian" >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log" >&2; exit 1; }
  tar -C "$work/debian" -cf "$base.part" . && mv "$base.part" "$base" && rm -rf "$work/debian"
fi
docker image inspect standin/debian >/dev/null 2>&1 || docker import "$base" standin/debian >/dev/null

build() {
  docker build -q "$@" >/dev/null 2>"$work/build.log" || { tail -20 "$work/build.log" >&2; exit 1; }
}
mkdir -p "$work/node"
cp node_modules/node/bin/node "$work/node/node"
cp -r "$(npm root -g)/npm" "$work/node/npm"
# This machine may reach the registry through a proxy with an authority of its own.
cp "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$work/node/ca.crt"
cat >"$work/node/Dockerfile" <<'D'
FROM standin/debian
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY ca.crt /etc/ssl/trial.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/trial.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && useradd --uid 1000 --create-home node && mkdir /home/node/.n8n && chown node /home/node/.n8n
USER 1000
VOLUME ["/home/node/.n8n"]
D
build -t standin/node-user "$work/node"
sed -i '/^USER\|^VOLUME/d' "$work/node/Dockerfile" && build -t standin/node "$work/node"
printf 'FROM standin/debian\nCOPY postgres-entrypoint.sh /usr/local/bin/\nENTRYPOINT ["bash", "/usr/local/bin/postgres-entrypoint.sh"]\n' >"$work/postgres"
build -t standin/postgres -f "$work/postgres" test/stack
printf 'FROM standin/debian\nRUN mkdir -p /data && chown 999:999 /data\n' | build -t standin/redis -
printf 'FROM standin/debian\nRUN mkdir -p /prometheus && chown nobody /prometheus\nUSER nobody\nENTRYPOINT ["prometheus"]\n' | build -t standin/prometheus -
printf 'FROM standin/debian\nRUN mkdir -p /alertmanager && chown nobody /alertmanager\nUSER nobody\nENTRYPOINT ["prometheus-alertmanager"]\n' | build -t standin/alertmanager -

export NODE_IMAGE=standin/node ATO_IMAGE=ato/ai_orchestrator:trial POSTGRES_IMAGE=standin/postgres REDIS_IMAGE=standin/redis \
  PROMETHEUS_IMAGE=standin/prometheus ALERTMANAGER_IMAGE=standin/alertmanager N8N_IMAGE=standin/node-user GRAFANA_IMAGE=standin/node-user
export ATO_PORT=$((20000 + RANDOM % 5000)) N8N_PORT=$((25000 + RANDOM % 1000)) PROMETHEUS_PORT=$((26000 + RANDOM % 1000)) \
  ALERTMANAGER_PORT=$((27000 + RANDOM % 1000)) GRAFANA_PORT=$((28000 + RANDOM % 1000))
echo "building the image" >&2
build --network host --build-arg NODE_IMAGE=standin/node -t "$ATO_IMAGE" -f deploy/ai_orchestrator/Dockerfile .
docker image inspect -f '{{.Config.User}} {{.Size}}' "$ATO_IMAGE" | awk '{printf "image: user %s, %d MB\n", $1, $2 / 1000000}'

# The real n8n where scripts/install-n8n.sh has put one beside the repository.
for folder in "$cache"/n8n-*; do
  [ -e "$folder/.complete" ] && export N8N_FOLDER="$folder" N8N_PROGRAM=/n8n/node_modules/n8n/bin/n8n
done
echo "n8n: ${N8N_FOLDER:+real}${N8N_FOLDER:-stand-in}" | sed 's/real.*/real/'
[ -d deploy/secrets ] || made_secrets=1
bash deploy/make-secrets.sh 2>/dev/null
begun=$SECONDS
"${compose[@]}" up -d --no-build --wait --wait-timeout 180 >"$work/up.log" 2>&1 || { tail -20 "$work/up.log" >&2; "${compose[@]}" logs --tail 15 >&2; exit 1; }
echo "every service healthy after $((SECONDS - begun)) s"
"${compose[@]}" ps --format '{{.Service}}: {{.Status}}'

token=$(cat deploy/secrets/api_token)
ask() { wget -q -O - --header "Authorization: Bearer $token" "http://127.0.0.1:$ATO_PORT$1"; }
retry() { for _ in $(seq 60); do "$@" && return 0; sleep 1; done; echo "never: $*" >&2; return 1; }
decided() { ask '/decisions?limit=1' | grep -q '"id":"decision-'; }
scraped() { wget -q -O - "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query?query=up%7Bjob%3D%22ato%22%7D" | grep -q '"1"\]'; }
readable() { "${compose[@]}" exec -T -e PGPASSWORD="$(cat deploy/secrets/grafana_reader_password)" postgres psql -h 127.0.0.1 -U grafana_reader -d trading -Atc 'select count(*) from ai_trading.decisions' | grep -qE '^[1-9]'; }
retry decided && retry scraped && retry readable
echo "a decision over HTTP, scraped by Prometheus, read by Grafana's role"
wget -q -O /dev/null "http://127.0.0.1:$ATO_PORT/decisions" && { echo 'answers without the token' >&2; exit 1; }

container=$("${compose[@]}" ps -q ai_orchestrator)
docker exec "$container" sh -c 'touch /app/x 2>/dev/null && exit 1; id -u | grep -q 10001 && ! env | grep -q "$(cat /run/secrets/api_token)"'
docker inspect "$container" | grep -q "$token" && { echo 'the token stands in docker inspect' >&2; exit 1; }
echo "no root, a read-only file system, no secret in docker inspect"

before=$(ask /status | grep -o '"sequence":[0-9]*' | head -1 | cut -d: -f2)
kill -9 "$(docker inspect -f '{{.State.Pid}}' "$container")"
healthy() { [ "$(docker inspect -f '{{.State.Health.Status}} {{.RestartCount}}' "$container")" = 'healthy 1' ]; }
retry healthy
after=$(ask /status | grep -o '"sequence":[0-9]*' | head -1 | cut -d: -f2)
[ "$after" -ge "$before" ] || { echo "the journal went back from $before to $after" >&2; exit 1; }
echo "killed and healthy again; the journal went on from $before to $after"
"${compose[@]}" exec -T ai_orchestrator sh /usr/local/lib/ato/entrypoint.sh backup --out /data/trial.backup.gz
echo "the stack works"
