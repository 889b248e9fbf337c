#!/usr/bin/env bash
# postgres-up.sh DIR: start PostgreSQL on a free loopback port with everything below DIR, and print DATABASE_URL=...
# Run again it prints the same while the server runs, and starts it on the same data otherwise. stop.sh DIR stops it.
# As root the server runs as the user postgres, which must be able to reach DIR. PG_DURABLE=1 keeps fsync on.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
dir=$(make_dir "$1")
exec 9>"$dir/lock"
flock 9
if running "$dir"; then cat "$dir/env"; exit; fi

bin=$(find /usr/lib/postgresql /usr/local/pgsql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1) || true
[ -n "$bin" ] || bin=$(dirname "$(command -v postgres || true)")
[ -x "$bin/postgres" ] || { echo "PostgreSQL is not installed (Debian: apt-get install postgresql)" >&2; exit 1; }
as=()
[ "$(id -u)" != 0 ] || as=(setpriv --reuid postgres --regid postgres --init-groups)
mkdir -p "$dir/data"
[ "$(id -u)" != 0 ] || chown postgres "$dir/data"
"${as[@]}" test -x "$dir/data" || { echo "the user postgres cannot reach $dir" >&2; exit 1; }
[ -f "$dir/data/PG_VERSION" ] ||
  "${as[@]}" "$bin/initdb" -D "$dir/data" -U app --auth=trust -E UTF8 --no-locale --no-sync >"$dir/initdb.log"
rm -f "$dir/data/postmaster.pid"   # of a server that was killed; `running` said that none lives
fast=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
[ "${PG_DURABLE:-0}" = 0 ] || fast=()
port=$(free_port "$(cat "$dir/port" 2>/dev/null || true)")
echo "$port" >"$dir/port"
: >"$dir/log"
setsid "${as[@]}" "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
  -c max_connections=200 "${fast[@]}" >>"$dir/log" 2>&1 </dev/null 9>&- &
echo $! >"$dir/pid"
wait_for 60 "$dir" "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" -U app -d postgres
"$bin/psql" -qAt -h 127.0.0.1 -p "$port" -U app postgres -c "select 1 from pg_database where datname = 'app'" | grep -q 1 ||
  "$bin/createdb" -h 127.0.0.1 -p "$port" -U app app
echo "DATABASE_URL=postgresql+psycopg://app@127.0.0.1:$port/app" | tee "$dir/env"
