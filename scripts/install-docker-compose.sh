#!/usr/bin/env bash
# Puts `docker compose` beside the repository where the machine has none: Debian 13's packages, unpacked, never installed.
# The tests look for it in that folder; an own installation of Docker Compose v2 is left alone and used.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if docker compose version >/dev/null 2>&1; then exit 0; fi

folder="${DOCKER_COMPOSE_TEST_FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/ato/docker-cli}"
if [ -x "$folder/cli-plugins/docker-compose" ] && [ -x "$folder/docker" ]; then exit 0; fi
command -v apt-get >/dev/null || { echo "no apt-get here: install Docker Compose v2 yourself" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/packages" "$folder/cli-plugins"
echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main' >"$work/sources.list"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
  -o "Dir::Cache::archives=$work/archives" -o APT::Sandbox::User=root)
"${apt[@]}" update
(cd "$work/packages" && "${apt[@]}" download docker-compose docker-buildx docker-cli)
for package in "$work"/packages/*.deb; do dpkg -x "$package" "$work/unpacked"; done
find "$work/unpacked" -path '*cli-plugins/*' -type f -exec cp {} "$folder/cli-plugins/" \;
cp "$(find "$work/unpacked" -path '*/bin/docker' -type f | head -1)" "$folder/docker"
DOCKER_CONFIG="$folder" "$folder/docker" compose version
