# Sourced by servers.sh: asks the running servers what they can do and writes live.json.

# CAPABILITY before and after LOGIN on PORT, one a line, each once.
capabilities() {
  local fd line
  exec {fd}<>"/dev/tcp/127.0.0.1/$1"
  IFS= read -r -t 20 -u "$fd" line
  { ask "$fd" a CAPABILITY; ask "$fd" b "LOGIN user1 pass"; ask "$fd" c CAPABILITY; ask "$fd" d LOGOUT; } |
    tr -d '\r' | sed -n 's/^\* CAPABILITY //p' | tr ' ' '\n' | sed '/^$/d' | sort -u
  exec {fd}>&-
}
ask() { # descriptor, tag, command
  local line
  printf '%s %s\r\n' "$2" "$3" >&"$1"
  while IFS= read -r -t 20 -u "$1" line; do
    printf '%s\n' "$line"
    case $line in "$2 OK"*) return 0 ;; "$2 "*) die "$3 was answered $line" ;; esac
  done
  die "no answer to $3"
}

# Features: the server's own name, then its capabilities in lower case; + and - at the end are spelled out.
features() {
  printf '%s\n' "$1"
  capabilities "${PLAIN[$1]}" | tr '[:upper:]' '[:lower:]' | sed 's/+$/-plus/; s/-$/-minus/'
}
quoted() { sed 's/.*/"&"/' | paste -sd, ; }
users_json() { # server
  local u token=""
  for u in "${USERS[@]}"; do
    case $1 in dovecot*) token=",\"token\":\"$(token "$u")\"" ;; esac
    printf '{"name":"%s","password":"pass"%s}\n' "$u" "$token"
  done | paste -sd,
}
server_json() {
  local list
  list=$(features "$1" | quoted) || die "$1 runs but does not answer"
  printf '  {"name":"%s","host":"localhost","plain_port":%d,"tls_port":%d,"ca_file":"%s",\n   "users":[%s],\n   "features":[%s]}' \
    "$1" "${PLAIN[$1]}" "${TLS[$1]}" "$CERTS/ca.crt" "$(users_json "$1")" "$list"
}
write_json() {
  local s between=""
  {
    echo "["
    for s in "${ALL[@]}"; do
      "${s}_running" || continue
      printf '%s' "$between"
      server_json "$s"
      between=$',\n'
    done
    printf '\n]\n'
  } >"$ROOT/live.json.new"
  mv "$ROOT/live.json.new" "$ROOT/live.json"
}
