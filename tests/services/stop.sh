#!/usr/bin/env bash
# stop.sh DIR...: stop what a *-up.sh script started in DIR, with all its processes; the data stays.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
for dir; do
  dir=$(cd "$dir" && pwd -P)
  if running "$dir"; then
    pid=$(cat "$dir/pid")
    signal=TERM
    [ ! -d "$dir/data" ] || signal=INT   # PostgreSQL would wait for its clients after TERM
    kill -s "$signal" "$pid"
    for _ in $(seq 100); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -s KILL -- "-$pid" 2>/dev/null || true   # MLflow 2 leaves its gunicorn behind
  fi
  rm -f "$dir/pid"
done
