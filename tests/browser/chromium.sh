#!/usr/bin/env bash
# Prints where Chromium is, which the tests of `doctor --html` look at pages with. As root on Debian it is installed if need be.
# usage: chromium.sh
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

find_it() {
  local name
  for name in ${IMAPKIT_CHROMIUM:-} chromium chromium-browser google-chrome; do
    command -v "$name" && return 0
  done
  return 1
}

if ! find_it; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "chromium.sh: no Chromium here, and no root on Debian to install it" >&2; exit 1; }
  apt-get update -qq >&2 || echo "apt-get update failed: going on with the lists at hand" >&2
  apt-get install -y -qq --no-install-recommends chromium >&2
  find_it
fi
