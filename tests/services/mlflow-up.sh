#!/usr/bin/env bash
# mlflow-up.sh DIR [2|3]: start an MLflow tracking server on a free loopback port with everything below DIR, and print
# MLFLOW_TRACKING_URI=... and MLFLOW_PYTHON=... (the python that has that MLflow). stop.sh DIR stops it.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
dir=$(make_dir "$1")
major=${2:-3}
exec 9>"$dir/lock"
flock 9
if running "$dir"; then cat "$dir/env"; exit; fi

unset PYTHONDONTWRITEBYTECODE   # without bytecode a start takes half a minute
options=()
case $major in
  2) home=$(environment mlflow2 'mlflow==2.22.5' 'sqlalchemy<2.1' 'setuptools<81') ;;   # it fails with SQLAlchemy 2.1
  3) home=$(environment mlflow3 'mlflow==3.17.2')
     options=(--allowed-hosts 'localhost:*,127.0.0.1:*') ;;
  *) echo "mlflow-up.sh: version 2 or 3" >&2; exit 2 ;;
esac
mkdir -p "$dir/artifacts"
port=$(free_port "$(cat "$dir/port" 2>/dev/null || true)")
echo "$port" >"$dir/port"
: >"$dir/log"
PATH=$home/bin:$PATH MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_DISABLE_TELEMETRY=true setsid "$home/bin/mlflow" server \
  --host 127.0.0.1 --port "$port" --workers 1 --backend-store-uri "sqlite:///$dir/mlflow.db" \
  --artifacts-destination "$dir/artifacts" --serve-artifacts "${options[@]}" >>"$dir/log" 2>&1 </dev/null 9>&- &
echo $! >"$dir/pid"
wait_for 120 "$dir" http_ok "http://127.0.0.1:$port/health"
printf '%s\n' "MLFLOW_TRACKING_URI=http://127.0.0.1:$port" "MLFLOW_PYTHON=$home/bin/python" | tee "$dir/env"
