# Sourced by servers.sh: Dovecot 2.4 in its own chroot.
D24=$CHROOTS/dovecot24

dovecot24_running() { chroot_running dovecot24; }
dovecot24_start() {
  chroot_install dovecot24 dovecot-imapd dovecot-flatcurve
  local etc=$D24/etc/imapkit
  mkdir -p "$D24/srv/mail" "$D24/srv/state"
  chmod 777 "$D24/srv/state"
  cp -r "$ROOT/jwt" "$etc/"
  dovecot_users /srv/mail "userdb_mail_driver=maildir userdb_mail_path=~/Maildir" >"$etc/users"
  dovecot_virtual "$D24/srv/mail"
  local PLAIN_PORT=${PLAIN[dovecot24]} TLS_PORT=${TLS[dovecot24]} VERSION REV2="imap4rev2_enable = yes"
  VERSION=$(chroot "$D24" dovecot --version); VERSION=${VERSION%% *}
  render dovecot24.conf >"$etc/dovecot.conf"
  # IMAP4rev2 is a build option of Dovecot: ask for it only where the binary has it.
  chroot "$D24" doveconf -n -c /etc/imapkit/dovecot.conf >/dev/null 2>&1 || { REV2=""; render dovecot24.conf >"$etc/dovecot.conf"; }
  rm -rf "$D24/run/imapkit"
  ulimit -n 8192 || true
  chroot "$D24" dovecot -c /etc/imapkit/dovecot.conf >>"$LOG/dovecot24.log" 2>&1 </dev/null ||
    log_says "dovecot 2.4 did not start" "$LOG/dovecot24.log"
}
dovecot24_stop() { chroot_stop dovecot24 /run/imapkit/master.pid; }
