#!/usr/bin/env bash
# From nothing to ready: builds the programs, raises Dovecot, fills it, captures its answers, empties it again. Safe to repeat;
# what is there is not made again. Debian, root (for the server, see tests/servers/README.md), Rust, Python 3; Node for imapflow.
#
#   setup.sh            all of it
#   setup.sh build      the programs only
#   setup.sh capture    the captures only
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DATA=${IMAPKIT_BENCH_DIR:-${TMPDIR:-/tmp}/imapkit-bench}
CAPTURES=(w2 w3 w4 w6 search100k search500k)

build() {
  local tool
  for tool in valgrind curl time; do command -v "$tool" >/dev/null || apt-get install -y -qq --no-install-recommends "$tool" >/dev/null; done
  cargo build --release --manifest-path "$HERE/peers/Cargo.toml"
  if command -v npm >/dev/null && [ ! -d "$DATA/node_modules/imapflow" ]; then
    mkdir -p "$DATA"
    npm install --silent --no-audit --no-fund --prefix "$DATA" imapflow@2.10.2
  fi
}

capture() {
  local name missing="" kind
  for name in "${CAPTURES[@]}"; do [ -s "$DATA/$name.cap" ] || missing=1; done
  [ -n "$missing" ] || { echo "captures are there: $DATA"; return 0; }
  "$HERE/../tests/servers/servers.sh" up dovecot23
  echo "filling Dovecot with 690 MB: about a minute" >&2
  local pids=()
  for kind in big100k corpus20k huge; do python3 "$HERE/corpus.py" fill $kind & pids+=($!); done
  for kind in "${pids[@]}"; do wait "$kind"; done
  python3 "$HERE/corpus.py" capture "$DATA"
  python3 "$HERE/corpus.py" remove
}

case ${1:-all} in
  all) build; capture ;;
  build) build ;;
  capture) capture ;;
  *) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2; exit 64 ;;
esac
(cd "$DATA" && sha256sum --check --quiet "$HERE/captures.sha256") &&
  echo "ready: cargo bench -p imapkit-benches; $HERE/measure.py" ||
  echo "the captures differ from those of README.md: another Dovecot? Figures can be compared with each other all the same"
