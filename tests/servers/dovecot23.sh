# Sourced by servers.sh: Dovecot 2.3, the host's own package.
D23=$ROOT/dovecot23

dovecot23_running() { alive "$D23/run/master.pid" "$D23/dovecot.conf"; }
dovecot23_start() {
  apt_need dovecot-core dovecot-imapd
  mkdir -p "$D23"/{run,state,mail}
  chmod 777 "$D23/state"
  dovecot_users "$D23/mail" "userdb_mail=maildir:$D23/mail/user5/Maildir" >"$D23/users"
  dovecot_virtual "$D23/mail"
  local PLAIN_PORT=${PLAIN[dovecot23]} TLS_PORT=${TLS[dovecot23]}
  render dovecot23.conf >"$D23/dovecot.conf"
  render dovecot23-oauth2.conf >"$D23/oauth2.conf"
  ulimit -n 8192 || true
  dovecot -c "$D23/dovecot.conf" >>"$LOG/dovecot23.log" 2>&1 </dev/null || log_says "dovecot 2.3 did not start" "$LOG/dovecot23.log"
}
dovecot23_stop() { stop_pidfile "$D23/run/master.pid" "$D23/dovecot.conf"; }
