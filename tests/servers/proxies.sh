# Sourced by servers.sh: ways around a direct connection, all real programs: SOCKS, HTTP CONNECT, ssh. They know a name nobody else
# does, imap.behind.test, because they live with a hosts file of their own: who reaches it had it resolved by the proxy.
PX=$ROOT/proxies
MICROSOCKS_PORT=25080 DANTE_PORT=25081 SSH_SOCKS_PORT=25082 TINY_PORT=25128 STUNNEL_PORT=25443 SSH_PORT=25022
PROXY_USER=ann PROXY_PASSWORD=proxy-pass BEHIND=imap.behind.test

proxies_running() {
  local p
  for p in microsocks danted tinyproxy stunnel sshd ssh; do alive "$PX/$p.pid" "$(proxy_word $p)" || return 1; done
}
proxy_word() { # what their command lines hold and those of others do not
  case $1 in microsocks) echo "-p $MICROSOCKS_PORT" ;; ssh) echo "-D 127.0.0.1:$SSH_SOCKS_PORT" ;; *) echo "$PX/$1.conf" ;; esac
}
proxies_start() {
  apt_need microsocks dante-server tinyproxy stunnel4 openssh-server openssh-client iproute2
  mkdir -p "$PX" /run/sshd
  [ -n "$(ls -A "$PX" 2>/dev/null)" ] && proxies_stop
  # Without ::1: the servers listen on 127.0.0.1, and microsocks tries one address only.
  printf '127.0.0.1 localhost %s\n' "$BEHIND" >"$PX/hosts"
  local p
  for p in danted tinyproxy stunnel sshd ssh; do render $p.conf >"$PX/$p.conf"; done
  touch "$PX/tinyproxy.log" && chmod 666 "$PX/tinyproxy.log"
  ssh_keys
  behind microsocks microsocks -i 127.0.0.1 -p $MICROSOCKS_PORT -u $PROXY_USER -P $PROXY_PASSWORD
  behind danted danted -f "$PX/danted.conf" -p "$PX/danted.own.pid"
  behind tinyproxy tinyproxy -d -c "$PX/tinyproxy.conf"
  behind stunnel stunnel4 "$PX/stunnel.conf"
  behind sshd /usr/sbin/sshd -D -f "$PX/sshd.conf" -E "$LOG/sshd.log"
  for p in $MICROSOCKS_PORT $DANTE_PORT $TINY_PORT $STUNNEL_PORT $SSH_PORT; do wait_port $p; done
  behind ssh ssh -F "$PX/ssh.conf" -N -D 127.0.0.1:$SSH_SOCKS_PORT tunnel
  wait_port $SSH_SOCKS_PORT
  proxies_json >"$ROOT/proxies.json"
}
proxies_stop() {
  local p
  for p in ssh sshd stunnel tinyproxy danted microsocks; do stop_pidfile "$PX/$p.pid" "$(proxy_word $p)"; done
  rm -f "$ROOT/proxies.json"
}
behind() { # name, command: in the background, with that hosts file
  local name=$1
  shift
  unshare -m sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$PX/hosts" "$@" >>"$LOG/$name.log" 2>&1 </dev/null &
  echo $! >"$PX/$name.pid"
}

# Keys made on the spot. Whoever has the user's may forward ports and be user1 of Dovecot 2.3, and nothing else.
ssh_keys() {
  [ -s "$PX/host_key" ] || ssh-keygen -q -t ed25519 -N '' -f "$PX/host_key"
  [ -s "$PX/user_key" ] || ssh-keygen -q -t ed25519 -N '' -f "$PX/user_key"
  echo "[127.0.0.1]:$SSH_PORT $(<"$PX/host_key.pub")" >"$PX/known_hosts"
  echo "restrict,port-forwarding,command=\"doveadm -c $D23/dovecot.conf exec imap -u user1\" $(<"$PX/user_key.pub")" >"$PX/authorized_keys"
}
proxies_json() {
  local auth=$PROXY_USER:$PROXY_PASSWORD@
  cat <<JSON
{"name_behind": "$BEHIND", "password": "$PROXY_PASSWORD",
 "proxies": [
  {"name": "microsocks", "url": "socks5://${auth}127.0.0.1:$MICROSOCKS_PORT"},
  {"name": "dante", "url": "socks5h://127.0.0.1:$DANTE_PORT"},
  {"name": "dante, SOCKS4", "url": "socks4://127.0.0.1:$DANTE_PORT"},
  {"name": "ssh -D", "url": "socks4a://127.0.0.1:$SSH_SOCKS_PORT"},
  {"name": "tinyproxy", "url": "http://${auth}127.0.0.1:$TINY_PORT"},
  {"name": "tinyproxy behind stunnel", "url": "https://${auth}localhost:$STUNNEL_PORT"}],
 "commands": ["doveadm -c $D23/dovecot.conf exec imap -u {user}", "ssh -F $PX/ssh.conf {host} imapd"]}
JSON
}
