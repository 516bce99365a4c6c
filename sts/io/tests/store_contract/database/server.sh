#!/bin/sh
# Runs a PostgreSQL of its own until standard input ends, that is until whoever
# started it has: it never outlives the tests. Prints "ready" once it answers.
# It refuses to run as root, so root becomes somebody else. What follows the
# port are settings, each as NAME=VALUE.
set -eu
programs=$1
port=$2
shift 2
folder=$(mktemp -d)
as=
if [ "$(id -u)" -eq 0 ]; then
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    chown "$user" "$folder"
    as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
fi
cd "$folder"
stop() {
    $as "$programs/pg_ctl" stop -m immediate -D "$folder/data" >/dev/null 2>&1 || true
    cd /
    rm -rf "$folder"
}
trap stop EXIT
$as "$programs/initdb" -D "$folder/data" -U tester -A trust -E UTF8 --locale=C --no-sync >log 2>&1 || {
    cat log >&2
    exit 1
}
options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories="
options="$options -c max_connections=300 -c autovacuum=off"
for setting in "$@"; do options="$options -c $setting"; done
$as "$programs/pg_ctl" start -w -t 60 -D "$folder/data" -l "$folder/data/log" -o "$options" >log 2>&1 || {
    cat log "$folder/data/log" >&2
    exit 1
}
echo ready
while read -r _; do :; done
