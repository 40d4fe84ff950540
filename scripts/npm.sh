#!/usr/bin/env bash
# npm ci in a folder; where npm is missing, Debian's package if that is allowed, else the one command to run.
set -euo pipefail
if ! command -v npm >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nodejs npm >/dev/null
  else
    [ "$(uname)" = Darwin ] && install="brew install node" || install="sudo apt-get install nodejs npm"
    echo "Node.js with npm is missing. To have it: $install" >&2
    exit 1
  fi
fi
cd "$1" && npm ci --silent --no-audit --no-fund
