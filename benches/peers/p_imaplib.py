"""Python's imaplib on the measured workloads: p_imaplib.py WORKLOAD plain|tls. It frames answers and parses nothing in them."""
import imaplib
import os
import ssl
import sys
import time

if sys.argv[1] == "first":  # from nothing to the only message of a mailbox, see latency.py
    start = time.perf_counter()
    context = ssl.create_default_context(cafile=os.environ["BENCH_CA"])
    imap = imaplib.IMAP4_SSL("localhost", int(os.environ["BENCH_TLS_PORT"]), ssl_context=context)
    imap.login(os.environ["BENCH_USER"], os.environ["BENCH_PASSWORD"])
    imap.select(os.environ["BENCH_MAILBOX"])
    octets = len(imap.uid("FETCH", "1:*", "(BODY.PEEK[])")[1][0][1])
    print("first", octets, f"{(time.perf_counter() - start) * 1000:.3f}")
    sys.exit()

workload, mode = sys.argv[1:3]
if mode == "tls":
    context = ssl.create_default_context(cafile=os.environ["BENCH_CA"])
    imap = imaplib.IMAP4_SSL("localhost", int(os.environ["BENCH_TLS_PORT"]), ssl_context=context)
else:
    imap = imaplib.IMAP4("127.0.0.1", int(os.environ["BENCH_PLAIN_PORT"]))
imaplib._MAXLINE = 1 << 30  # it refuses lines of more than a million octets
imap.login("user", "pass")
imap.select(workload)
if workload == "w2":
    rows = imap.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)")[1]
    rows, total = sum(isinstance(row, bytes) and row[-1:] == b")" for row in rows), "unparsed"
elif workload in ("w3", "w6"):
    bodies = [len(row[1]) for row in imap.uid("FETCH", "1:*", "(BODY.PEEK[])")[1] if isinstance(row, tuple)]
    rows, total = len(bodies), sum(bodies)
elif workload == "w4":
    rows, total = len(imap.uid("FETCH", "1:*", "(FLAGS)")[1]), len(imap.uid("SEARCH", "ALL")[1][0].split())
else:
    hits = [int(uid) for uid in imap.uid("SEARCH", "ALL")[1][0].split()]
    rows, total = len(hits), sum(hits)
print(workload, rows, total)
