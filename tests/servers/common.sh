# Sourced by servers.sh: packages, certificates, ports, processes.
CERTS=$ROOT/tls LOG=$ROOT/log
MAIL_ID=5000 # owner of Dovecot's mail; a bare number, no account is made for it
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

die() { echo "servers.sh: $*" >&2; exit 1; }

# Print the end of a log, then fail.
log_says() { { echo "$1; the end of $2:"; tail -n 5 "$2"; } >&2; return 1; }

# Install what is missing. Packages must not start services of their own: policy-rc.d forbids it while we install.
apt_need() {
  local missing=() p policy=/usr/sbin/policy-rc.d made=""
  for p in "$@"; do dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ ! -e $policy ]; then made=1; printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; fi
  apt_lists
  local code=0
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >>"$LOG/apt.log" 2>&1 || code=1
  [ -z "$made" ] || rm -f $policy
  [ $code = 0 ] || log_says "apt-get install ${missing[*]} failed" "$LOG/apt.log"
}
apt_lists() { # once a run, and a stale list is better than none
  [ -z "${APT_LISTS:-}" ] || return 0
  apt-get update -qq >>"$LOG/apt.log" 2>&1 || echo "apt-get update failed: going on with the lists at hand" >&2
  APT_LISTS=1
}

# Folders, a test CA and a certificate for localhost, the key of the OAuth tokens.
base() {
  mkdir -p "$CERTS" "$LOG" "$ROOT/jwt/default/HS256"
  chmod 755 "$ROOT"
  [ ${#ROOT} -le 60 ] || die "$ROOT is too long a path: unix sockets below it must stay under 108 bytes"
  apt_need iproute2 # the tests of networks that die lay cables between namespaces
  setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$CERTS" \
    || die "$ROOT cannot be entered by the servers' users: set IMAPKIT_LIVE_DIR to a folder with mode 755 all the way up"
  printf %s "$JWT_KEY" | base64 -w0 >"$ROOT/jwt/default/HS256/default"
  [ -s "$CERTS/server.crt" ] || certificates >>"$LOG/tls.log" 2>&1 || log_says "no certificate" "$LOG/tls.log"
  [ -s "$CERTS/client.p12" ] || client_certificate >>"$LOG/tls.log" 2>&1 || log_says "no client certificate" "$LOG/tls.log"
}
certificates() (
  local ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
  umask 077
  cd "$CERTS" && apt_need openssl &&
    openssl req -x509 $ec -days 3650 -keyout ca.key -out ca.crt -subj "/CN=imapkit test CA" \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign &&
    openssl req $ec -keyout server.key -out server.csr -subj "/CN=localhost" &&
    printf '%s\n' basicConstraints=CA:FALSE subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 \
      extendedKeyUsage=serverAuth keyUsage=digitalSignature >ext.cnf &&
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile ext.cnf -out server.new &&
    chmod 644 ca.crt server.new && mv server.new server.crt
)

# user3 shows this one: PEM with an open key, and PKCS#12 with the password `pass`.
client_certificate() (
  umask 077
  cd "$CERTS" &&
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout client.key -out client.csr -subj "/CN=user3" &&
    printf '%s\n' basicConstraints=CA:FALSE extendedKeyUsage=clientAuth keyUsage=digitalSignature >client.cnf &&
    openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile client.cnf -out client.crt &&
    cat client.crt client.key >client.pem &&
    openssl pkcs12 -export -in client.crt -inkey client.key -passout pass:pass -out client.new && mv client.new client.p12
)

# Fill @NAME@ in conf/FILE from the variable NAME.
render() {
  local text name
  text=$(<"$HERE/conf/$1")
  for name in $(grep -o '@[A-Z0-9_]*@' <<<"$text" | tr -d @ | sort -u); do text=${text//@$name@/${!name}}; done
  printf '%s\n' "$text"
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
wait_port() {
  local i
  for ((i = 0; i < 150; i++)); do port_open "$1" && return 0; sleep 0.1; done
  die "port $1 did not open"
}
ports_free() { local p; for p in ${PLAIN[$1]-} ${TLS[$1]-}; do ! port_open "$p" || die "port $p is taken by another program"; done; }

# Is the process in PIDFILE ours? Its command line must hold WORD, because numbers are used again.
alive() { [ -s "$1" ] && tr '\0' ' ' 2>/dev/null <"/proc/$(<"$1")/cmdline" | grep -qF -- "$2"; }
stop_pidfile() {
  local pid i
  if alive "$1" "$2"; then
    pid=$(<"$1")
    kill "$pid" 2>/dev/null || true
    for ((i = 0; i < 50; i++)); do alive "$1" "$2" || break; sleep 0.1; done
    if alive "$1" "$2"; then kill -9 "$pid" 2>/dev/null || true; fi
  fi
  rm -f "$1"
}

# The passwd-file both Dovecots read; user5 keeps mail as Maildir. $1: mail folder, $2: user5's extra fields
dovecot_users() {
  local u extra
  for u in "${USERS[@]}"; do
    extra=""; [ "$u" != user5 ] || extra=$2
    echo "$u:{PLAIN}pass:$MAIL_ID:$MAIL_ID::$1/$u::$extra"
  done
}
# user4 has virtual mailboxes. $1: mail folder
dovecot_virtual() {
  mkdir -p "$1"/user4/virtual/{All,Unseen}
  printf '*\n  all\n' >"$1/user4/virtual/All/dovecot-virtual"
  printf '*\n  unseen\n' >"$1/user4/virtual/Unseen/dovecot-virtual"
  chown $MAIL_ID:$MAIL_ID "$1" "$1/user4"
  chown -R $MAIL_ID:$MAIL_ID "$1/user4/virtual"
}

# OAuth 2.0 access tokens, as the Dovecots check them: HS256, `sub` is the user.
JWT_KEY=imapkit-live-hs256-shared-secret-0123456789
token() {
  local b64='base64 -w0' now head body
  now=$(date +%s)
  head=$(printf '{"alg":"HS256","typ":"JWT"}' | $b64 | tr '+/' '-_' | tr -d =)
  body=$(printf '{"sub":"%s","iss":"imapkit","iat":%d,"nbf":%d,"exp":%d}' "$1" "$now" $((now - 5)) $((now + 315360000)) |
    $b64 | tr '+/' '-_' | tr -d =)
  printf '%s.%s.%s\n' "$head" "$body" \
    "$(printf %s "$head.$body" | openssl dgst -sha256 -hmac "$JWT_KEY" -binary | $b64 | tr '+/' '-_' | tr -d =)"
}
