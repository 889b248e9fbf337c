#!/usr/bin/env bash
# newman.sh: install Postman's runner once into the user's cache, and print NEWMAN=path.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
home=${XDG_CACHE_HOME:-$HOME/.cache}/quaymaster/newman-6.2
mkdir -p "$home"
exec 8>"$home.lock"
flock 8
[ -x "$home/node_modules/.bin/newman" ] ||
  npm install --silent --no-audit --no-fund --no-update-notifier --prefix "$home" 'newman@6.2' >&2
echo "NEWMAN=$home/node_modules/.bin/newman"
