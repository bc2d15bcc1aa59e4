# Sourced by servers.sh: the oldest compiler the libraries promise to build with. Debian 13 has just that one, so it goes into a chroot
# of its own; the repository is mounted there read-only, what cargo has downloaded already is shared.
OLD_RUST=$CHROOTS/oldest_rust

oldest_rust_install() {
  local log=$LOG/oldest_rust.log m
  [ ! -e "$OLD_RUST.ok" ] || return 0
  chroot_base
  m=$(mirror)
  rm -rf --one-file-system "$OLD_RUST"; cp -a "$CHROOTS/base" "$OLD_RUST"; cp /etc/resolv.conf "$OLD_RUST/etc/resolv.conf"
  echo "deb [check-valid-until=no] $m trixie main" >"$OLD_RUST/etc/apt/sources.list"
  inside "$OLD_RUST" sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends cargo rustc gcc libc6-dev' \
    >"$log" 2>&1 || log_says "installing Rust from Debian 13 failed" "$log"
  rm -rf "$OLD_RUST"/var/cache/apt/archives/*.deb "$OLD_RUST"/var/lib/apt/lists/* "$OLD_RUST"/usr/share/{doc,man,locale}
  mkdir -p "$OLD_RUST"/{repository,cargo/registry,target}
  : >"$OLD_RUST.ok"
}

# Its cargo, with these arguments, on this repository.
oldest_rust() {
  local registry=${CARGO_HOME:-$HOME/.cargo}/registry
  oldest_rust_install
  mkdir -p "$registry"
  unshare -m sh -c '
    set -e; r=$1 repository=$2 registry=$3; shift 3
    mount -t proc proc "$r/proc"
    mount --bind "$repository" "$r/repository"; mount -o remount,ro,bind "$r/repository"
    mount --bind "$registry" "$r/cargo/registry"
    exec chroot "$r" env -i PATH=/usr/bin:/bin HOME=/ CARGO_HOME=/cargo CARGO_TARGET_DIR=/target \
      sh -c '\''cd /repository && cargo --version && exec cargo "$@"'\'' sh "$@"
  ' sh "$OLD_RUST" "$(realpath "$HERE/../..")" "$registry" "$@"
}
