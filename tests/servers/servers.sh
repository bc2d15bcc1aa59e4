#!/usr/bin/env bash
# Real IMAP servers on loopback, for the interop tests.
#
#   servers.sh up   [dovecot23|cyrus36|dovecot24|cyrus312|proxies ...]   start (default: all); writes live.json, proxies.json
#   servers.sh down [same names]                                 stop (default: all); mail and installations stay
#   servers.sh missing                                           print the names of those not running
#   servers.sh caps [same names]                                 print what the running ones announce
#   servers.sh env                                               print IMAPKIT_LIVE and IMAPKIT_LIVE_DIR as assignments
#   servers.sh tools PACKAGE...                                  install what else the tests need
#   servers.sh oldest-rust ARGS...                               cargo ARGS with the oldest Rust the libraries promise
#   servers.sh token USER                                        print an OAuth 2.0 access token both Dovecots accept
#
# Needs Debian, root and apt; the rest it installs itself. Everything lives in $IMAPKIT_LIVE_DIR (see README.md). `up` and
# `down` may be repeated and may run at the same time. Only processes that these scripts started are ever stopped.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(realpath -m "${IMAPKIT_LIVE_DIR:-${TMPDIR:-/tmp}/imapkit-live}")
ALL=(dovecot23 cyrus36 dovecot24 cyrus312)
declare -A PLAIN=([dovecot23]=20143 [cyrus36]=21143 [dovecot24]=23143 [cyrus312]=24143)
declare -A TLS=([dovecot23]=20993 [cyrus36]=21993 [dovecot24]=23993 [cyrus312]=24993)
# Not mail servers, but ways to them.
EXTRAS=(proxies)
USERS=(user1 user2 user3 user4 user5)

. "$HERE/common.sh"
. "$HERE/json.sh"
. "$HERE/chroot.sh"
. "$HERE/oldest_rust.sh"
for s in "${ALL[@]}" "${EXTRAS[@]}"; do . "$HERE/$s.sh"; done

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2; exit 64; }

up() {
  local s fd failed=()
  # Servers outlive this script: a lock or a pipe of the caller's that they inherited would be held as long as they run.
  for fd in /proc/$$/fd/*; do fd=${fd##*/}; [ "$fd" -le 2 ] || [ "$fd" = 255 ] || eval "exec $fd>&-"; done
  base
  for s in "$@"; do
    if "${s}_running"; then echo "$s is up" >&2; continue; fi
    echo "starting $s" >&2
    # A subshell, so that one server's failure does not keep the others down. `set -e` is off inside `if` and `||`.
    set +e; ( set -e; ports_free "$s"; "${s}_start"; for port in ${PLAIN[$s]-} ${TLS[$s]-}; do wait_port "$port"; done ); local code=$?; set -e
    [ $code -eq 0 ] || failed+=("$s")
  done
  write_json
  [ ${#failed[@]} -eq 0 ] || die "could not start: ${failed[*]} (logs: $LOG)"
  echo "$ROOT/live.json"
}

down() {
  local s
  for s in "$@"; do "${s}_stop"; done
  [ -d "$ROOT" ] && write_json
  return 0
}

verb=${1:-}; shift || usage
case $verb in up | down | caps)
  for s in "$@"; do case " ${ALL[*]} ${EXTRAS[*]} " in *" $s "*) ;; *) die "no such server: $s (known: ${ALL[*]} ${EXTRAS[*]})" ;; esac; done
  [ $# -gt 0 ] || { [ "$verb" = caps ] && set -- "${ALL[@]}" || set -- "${ALL[@]}" "${EXTRAS[@]}"; }
esac
case $verb in up | down | tools | oldest-rust)
  # One at a time; -o: the servers must not inherit the lock.
  [ "$(id -u)" = 0 ] || die "needs root"
  if [ -z "${IMAPKIT_LIVE_LOCKED:-}" ]; then
    mkdir -p "$ROOT"
    IMAPKIT_LIVE_LOCKED=1 exec flock -o "$ROOT/lock" "${BASH_SOURCE[0]}" "$verb" "$@"
  fi
esac
case $verb in
  up) up "$@" ;;
  down) down "$@" ;;
  caps) for s in "$@"; do if "${s}_running"; then echo "$s: $(capabilities "${PLAIN[$s]}" | paste -sd' ')"; else echo "$s: not running"; fi; done ;;
  missing) for s in "${ALL[@]}" "${EXTRAS[@]}"; do "${s}_running" || echo "$s"; done ;;
  env) echo "IMAPKIT_LIVE=$ROOT/live.json"; echo "IMAPKIT_LIVE_DIR=$ROOT" ;;
  tools) mkdir -p "$LOG"; apt_need "$@" ;;
  oldest-rust) base; oldest_rust "$@" ;;
  token) [ $# = 1 ] || usage; token "$1" ;;
  *) usage ;;
esac
