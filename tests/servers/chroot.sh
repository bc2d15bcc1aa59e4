# Sourced by servers.sh: newer Debian packages than the host's, each server in its own folder made by debootstrap (the
# packages conflict with each other and want a newer libc). A finished folder is kept and used again: to get newer
# packages, take it down and remove $ROOT/chroot. The suite is IMAPKIT_LIVE_SUITE (default: sid).
CHROOTS=$ROOT/chroot
SUITE=${IMAPKIT_LIVE_SUITE:-sid}

# Where this machine gets Debian itself from.
mirror() {
  local f
  for f in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list; do
    [ -f "$f" ] || continue
    awk '/^URIs:/ {for (i = 2; i <= NF; i++) print $i}
         $1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; break}}' "$f"
  done | grep -E '/debian/*$' | sed -n 1p
}

# Run a command in a chroot that has /proc for as long as the command lives.
inside() {
  local r=$1; shift
  unshare -m sh -c 'r=$1; shift; mount -t proc proc "$r/proc" && exec chroot "$r" "$@"' sh "$r" "$@"
}

chroot_base() {
  local r=$CHROOTS/base m log=$LOG/debootstrap.log
  [ ! -e "$r.ok" ] || return 0
  apt_need debootstrap
  m=$(mirror); [ -n "$m" ] || die "no Debian archive found in /etc/apt"
  mkdir -p "$CHROOTS"; rm -rf --one-file-system "$r"
  debootstrap --variant=minbase trixie "$r" "$m" >"$log" 2>&1 || log_says "debootstrap failed" "$log"
  echo "deb [check-valid-until=no] $m $SUITE main" >"$r/etc/apt/sources.list"
  printf '#!/bin/sh\nexit 101\n' >"$r/usr/sbin/policy-rc.d"; chmod +x "$r/usr/sbin/policy-rc.d"
  inside "$r" apt-get update -qq >>"$log" 2>&1 || log_says "apt-get update failed" "$log"
  rm -f "$r"/var/cache/apt/archives/*.deb
  : >"$r.ok"
}

chroot_install() { # name package...
  local r=$CHROOTS/$1 log=$LOG/$1.log; shift
  if [ ! -e "$r.ok" ]; then
    chroot_base
    rm -rf --one-file-system "$r"; cp -a "$CHROOTS/base" "$r"; cp /etc/resolv.conf "$r/etc/resolv.conf"
    inside "$r" apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1 || log_says "installing $1 failed" "$log"
    rm -rf "$r"/var/cache/apt/archives/*.deb "$r"/var/lib/apt/lists/* "$r"/usr/share/{doc,man,locale}
    : >"$r.ok"
  fi
  mkdir -p "$r/etc/imapkit"; cp "$CERTS"/{ca.crt,server.crt,server.key} "$r/etc/imapkit/"
}

# The processes of a chroot: those whose root directory it is, or lies in it.
chroot_pids() {
  local p root
  for p in /proc/[0-9]*; do
    root=$(readlink "$p/root" 2>/dev/null) || continue
    case $root/ in "$CHROOTS/$1"/*) echo "${p#/proc/}" ;; esac
  done
}
chroot_running() { [ -n "$(chroot_pids "$1")" ]; }
chroot_stop() { # name, pidfile in the chroot: the master first, then whatever it left behind
  local p pidfile=$CHROOTS/$1$2 i
  for p in $(chroot_pids "$1"); do
    if [ "$p" = "$(cat "$pidfile" 2>/dev/null)" ]; then kill "$p" 2>/dev/null || true; fi
  done
  for ((i = 0; i < 50; i++)); do chroot_running "$1" || break; sleep 0.1; done
  for p in $(chroot_pids "$1"); do kill -9 "$p" 2>/dev/null || true; done
  rm -f "$pidfile"
}
