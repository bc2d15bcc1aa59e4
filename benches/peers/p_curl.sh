#!/usr/bin/env bash
# curl on W6, the only one of the workloads it can do in one command: p_curl.sh w6 plain|tls
[ "$1" = w6 ] || exit 64
if [ "$2" = tls ]; then
  octets=$(curl -s --cacert "$BENCH_CA" -u user:pass "imaps://localhost:$BENCH_TLS_PORT/w6;UID=1" -o /dev/null -w '%{size_download}')
else
  octets=$(curl -s -u user:pass "imap://127.0.0.1:$BENCH_PLAIN_PORT/w6;UID=1" -o /dev/null -w '%{size_download}')
fi
echo "w6 1 $octets"
