# Functions of the *-up.sh scripts beside this file; source it, do not run it.

# free_port [OLD]: a free loopback port; the OLD one while it is free.
free_port() {
  python3 - "${1:-0}" <<'PY'
import socket, sys

for port in (int(sys.argv[1]), 0):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(probe.getsockname()[1])
        break
PY
}

# running DIR: whether the process in DIR/pid lives and was started for DIR; a process id that was given again does not count.
running() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
  [ ! -d /proc/self ] || tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$1"
}

# wait_for SECONDS DIR COMMAND...: until COMMAND succeeds; fails, with the end of DIR/log, when the process dies or time is up.
wait_for() {
  local end=$((SECONDS + $1)) dir=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "$(cat "$dir/pid")" 2>/dev/null || [ "$SECONDS" -ge "$end" ]; then
      echo "${0##*/}: not ready; the end of $dir/log:" >&2
      tail -n 20 "$dir/log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# http_ok URL: whether URL answers with a status below 400, asked without any proxy.
http_ok() {
  python3 -c 'import sys, urllib.request as u
u.build_opener(u.ProxyHandler({})).open(sys.argv[1], timeout=5).read(1)' "$1"
}

# make_dir DIR: its clean absolute path, made when missing.
make_dir() {
  mkdir -p "$1" && cd "$1" && pwd -P
}

# environment NAME PACKAGE...: the path of a virtual environment with just these packages, made once in the user's cache.
environment() {
  local name=$1 home
  shift
  home=${XDG_CACHE_HOME:-$HOME/.cache}/quaymaster/$name-$(printf '%s\n' "$@" | cksum | cut -d' ' -f1)
  mkdir -p "${home%/*}"
  (
    flock 8
    [ -f "$home/.complete" ] && exit
    python3 -m venv "$home" >&2
    "$home/bin/pip" install --quiet --disable-pip-version-check uv >&2
    "$home/bin/uv" pip install --quiet --compile-bytecode --python "$home/bin/python" "$@" >&2
    touch "$home/.complete"
  ) 8>"$home.lock"
  echo "$home"
}
