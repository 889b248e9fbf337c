#!/usr/bin/env bash
# fuseki-up.sh DIR: start Apache Jena Fuseki (a SPARQL 1.1 server) on a free loopback port with everything below DIR, and print
# TRIPLE_STORE_URL=... (a dataset in TDB2, empty at first, queries end after 5 s). Run again it prints the same while the
# server runs. stop.sh DIR stops it. Needs Java 17, and Maven when used for the first time.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
dir=$(make_dir "$1")
exec 9>"$dir/lock"
flock 9
if running "$dir"; then cat "$dir/env"; exit; fi

version=5.5.0
command -v java >/dev/null || { echo "Java is not installed (Debian: apt-get install openjdk-17-jre-headless)" >&2; exit 1; }
home=${XDG_CACHE_HOME:-$HOME/.cache}/quaymaster/fuseki-$version
jar=$home/jena-fuseki-server-$version.jar
mkdir -p "$home"
(
  flock 8
  [ ! -f "$home/.complete" ] || exit 0
  command -v mvn >/dev/null || { echo "Maven is not installed (Debian: apt-get install maven)" >&2; exit 1; }
  cd "$home"   # where no project lies that Maven would read
  mvn -q -B -ntp org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact="org.apache.jena:jena-fuseki-server:$version" -DoutputDirectory="$home" >&2
  touch "$home/.complete"
) 8>"$home/.lock"

mkdir -p "$dir/db"
port=$(free_port "$(cat "$dir/port" 2>/dev/null || true)")
echo "$port" >"$dir/port"
: >"$dir/log"
cd "$dir"   # it makes its folder `run` where it is started
FUSEKI_BASE=$dir/run setsid java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar "$jar" --localhost --port "$port" \
  --timeout=5000 --update --tdb2 --loc "$dir/db" /ds >>"$dir/log" 2>&1 </dev/null 9>&- &
echo $! >"$dir/pid"
wait_for 120 "$dir" http_ok "http://127.0.0.1:$port/\$/ping"
echo "TRIPLE_STORE_URL=http://127.0.0.1:$port/ds" | tee "$dir/env"
