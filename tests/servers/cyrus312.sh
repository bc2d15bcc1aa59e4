# Sourced by servers.sh: Cyrus 3.12 in its own chroot. IMAP4rev2, UIDONLY, PARTIAL, MULTISEARCH, NOTIFY, OBJECTID.
C312=$CHROOTS/cyrus312
C312_HTTP=24080 # JMAP, only so that GETJMAPACCESS has something to name

cyrus312_running() { chroot_running cyrus312; }
cyrus312_start() {
  chroot_install cyrus312 systemd-standalone-sysusers systemd-standalone-tmpfiles cyrus-imapd cyrus-caldav msmtp-mta \
    sasl2-bin libsasl2-modules libsasl2-modules-db
  local etc=$C312/etc/imapkit srv=$C312/srv/cyrus u
  mkdir -p "$srv"/{lib,spool,meta,search,run} "$srv"/lib/{socket,proc,log,sieve,user,quota,db,msg,sync}
  [ -s "$etc/sasldb2" ] || for u in cyrus "${USERS[@]}"; do
    echo pass | chroot "$C312" saslpasswd2 -p -c -f /etc/imapkit/sasldb2 -u localhost "$u"
  done
  local PLAIN_PORT=${PLAIN[cyrus312]} TLS_PORT=${TLS[cyrus312]} HTTP_PORT=$C312_HTTP BIN=/usr/lib/cyrus/bin
  render cyrus312-imapd.conf >"$etc/imapd.conf"
  render cyrus312-cyrus.conf >"$etc/cyrus.conf"
  cp "$etc/server.key" "$etc/cyrus.key"
  chroot "$C312" sh -c 'cd /srv/cyrus && chown cyrus:mail . * lib/*
    cd /etc/imapkit && chown cyrus:mail cyrus.key sasldb2 && chmod 600 cyrus.key sasldb2'
  local master=/usr/sbin/cyrmaster
  [ -x "$C312$master" ] || master=$BIN/master
  rm -f "$srv/run/master.pid"
  chroot "$C312" $master -d -C /etc/imapkit/imapd.conf -M /etc/imapkit/cyrus.conf -p /srv/cyrus/run/master.pid -l 128 \
    >>"$LOG/cyrus312.log" 2>&1 </dev/null || log_says "cyrus 3.12 did not start" "$LOG/cyrus312.log"
}
cyrus312_stop() { chroot_stop cyrus312 /srv/cyrus/run/master.pid; }
