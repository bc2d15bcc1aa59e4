# Sourced by servers.sh: Cyrus 3.6 of Debian 12. The package cyrus-imapd conflicts with dovecot-imapd, so only its files
# are unpacked under $ROOT/deb; what it depends on is installed the ordinary way.
C36=$ROOT/cyrus36

cyrus36_running() { alive "$C36/run/master.pid" "$C36/imapd.conf"; }
cyrus36_start() {
  apt_need msmtp-mta cyrus-common sasl2-bin libsasl2-modules libsasl2-modules-db
  unpack_deb cyrus-imapd
  mkdir -p "$C36"/{lib,spool,meta,search,run} "$C36"/lib/{socket,proc,log,backup,sieve,ptclient,user,quota,db,msg}
  local u
  [ -s "$C36/sasldb2" ] || for u in cyrus "${USERS[@]}"; do echo pass | saslpasswd2 -p -c -f "$C36/sasldb2" -u localhost "$u"; done
  local BIN=$ROOT/deb/cyrus-imapd/usr/lib/cyrus/bin PLAIN_PORT=${PLAIN[cyrus36]} TLS_PORT=${TLS[cyrus36]}
  render cyrus36-imapd.conf >"$C36/imapd.conf"
  render cyrus36-cyrus.conf >"$C36/cyrus.conf"
  cp "$CERTS/server.key" "$C36/server.key"
  chown cyrus:mail "$C36" "$C36"/* "$C36"/lib/*
  chmod 600 "$C36/server.key" "$C36/sasldb2"
  local master=/usr/sbin/cyrmaster
  [ -x $master ] || master=/usr/lib/cyrus/bin/master
  $master -d -C "$C36/imapd.conf" -M "$C36/cyrus.conf" -p "$C36/run/master.pid" -l 128 >>"$LOG/cyrus36.log" 2>&1 </dev/null ||
    log_says "cyrus 3.6 did not start" "$LOG/cyrus36.log"
}
cyrus36_stop() { stop_pidfile "$C36/run/master.pid" "$C36/imapd.conf"; }

unpack_deb() { # package -> $ROOT/deb/package
  local d=$ROOT/deb/$1
  [ ! -d "$d" ] || return 0
  mkdir -p "$ROOT/deb"
  apt_lists
  ( cd "$ROOT/deb" && apt-get download -qq -o APT::Sandbox::User=root "$1" ) >>"$LOG/apt.log" 2>&1 || log_says "apt-get download $1 failed" "$LOG/apt.log"
  rm -rf "$d.new"
  dpkg -x "$ROOT/deb/$1"_*.deb "$d.new"
  mv "$d.new" "$d"
}
