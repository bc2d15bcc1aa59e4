#!/usr/bin/env python3
"""Runs the clients against the replay server and prints what each workload costs, ours beside the others.

  measure.py [--rounds 5] [--only REGEX] [--out FILE]

REGEX picks from names like "w2/plain/async-imap". Within a round every client runs once, so that whatever else the machine does
disturbs all alike; the first round warms up and is not counted. Wall: a clock around the process, start included. CPU: the
kernel's account of the process (user and system). Memory: its largest resident set, by GNU time, whose fork is small. Every
client prints how many rows it saw and a sum over them; when two disagree, the run ends with an error.
"""
import argparse
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.environ.get("IMAPKIT_BENCH_DIR", os.path.join(tempfile.gettempdir(), "imapkit-bench"))
BUILT = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(HERE, "peers", "target")), "release")
PORTS = {"BENCH_PLAIN_PORT": os.environ.get("BENCH_PLAIN_PORT", "25143"), "BENCH_TLS_PORT": os.environ.get("BENCH_TLS_PORT", "25993")}
ENV = dict(os.environ, RUST_BACKTRACE="0", **PORTS, IMAPKIT_BENCH_DIR=DATA, BENCH_CA=os.path.join(DATA, "ca.crt"), NODE_PATH=os.path.join(DATA, "node_modules"))
WORKLOADS = {
    "w2": "W2: 100,000 rows of ENVELOPE and BODYSTRUCTURE, 81 MB",
    "w3": "W3: 20,000 bodies, 318 MB",
    "w4": "W4: flags of 100,000 messages and UID SEARCH ALL of as many, 5 MB",
    "w6": "W6: one message of 200 MB",
    "search": "UID SEARCH ALL: one line of 500,000 numbers, 4 MB",
}


def peer(name):
    return os.path.join(HERE, "peers", name)


def built(name):
    return os.path.join(BUILT, name)


# Name: command, workloads it cannot do, mode to ask for when TLS is measured.
CLIENTS = {
    "raw": ([built("raw")], "", "tls"),
    "raw, large reads": ([built("raw")], "", "tls-large"),
    "imapkit (tokio)": ([built("p-imapkit-tokio")], "", "tls"),
    "imapkit (blocking)": ([built("p-imapkit-blocking")], "", "tls"),
    "async-imap 0.12": ([built("p-async-imap")], "", "tls"),
    "imap 3.0-alpha.15": ([built("p-imap3")], "", "tls"),
    "imaplib": ([sys.executable, peer("p_imaplib.py")], "", "tls"),
    "imapflow 2.10": (["node", peer("p_imapflow.js")], "", "tls"),
    "curl": ([peer("p_curl.sh")], "w2 w3 w4 search", "tls"),
}
# What we promise: workload, who is compared with whom, what, at most how much.
TARGETS = (
    ("w2", "async-imap 0.12", "wall", 0.5),
    ("w2", "async-imap 0.12", "cpu", 0.5),
    ("w3", "raw", "wall", 1.1),
    ("w6", "raw", "wall", 1.1),
)
MOST_MEMORY_W6 = 8.0  # MiB


def available(client):
    program = CLIENTS[client][0][0]
    if client == "raw, large reads":
        return os.path.exists(program)
    if client.startswith("imapflow") and not os.path.isdir(os.path.join(DATA, "node_modules", "imapflow")):
        return False
    return subprocess.run(["sh", "-c", 'command -v "$0"', program], stdout=subprocess.DEVNULL).returncode == 0


def once(argv):
    """Runs one client: its costs and what it printed."""
    with tempfile.NamedTemporaryFile("r") as memory:
        start = time.perf_counter()
        process = subprocess.Popen(["/usr/bin/time", "-f", "%M", "-o", memory.name] + argv, env=ENV, stdout=subprocess.PIPE)
        printed = process.stdout.read().decode().strip()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(argv)} ended with {process.returncode}: {printed}")
        return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": int(memory.read()) / 1024}, printed


def start_replay():
    server = subprocess.Popen([built("replay")], env=ENV)
    for _ in range(100):
        try:
            for port in PORTS.values():
                socket.create_connection(("127.0.0.1", int(port))).close()
            return server
        except OSError:
            if server.poll() is not None:
                sys.exit("the replay server did not start")
            time.sleep(.1)
    sys.exit("the replay server does not answer")


def check(seen, key, printed):
    """All who count rows must count the same; imaplib has no sum for W2, the raw reader counts octets."""
    rows = printed.split()[1:]
    if rows and rows[0] != "octets":
        before = seen.setdefault(key, rows)
        if before[0] != rows[0] or (before[1] != rows[1] and "unparsed" not in (before[1], rows[1])):
            sys.exit(f"{key}: {rows}, but another client saw {before}")


def run(rounds, only):
    keys = [(workload, mode, client) for workload in WORKLOADS for mode in ("plain", "tls") for client in CLIENTS
            if workload not in CLIENTS[client][1].split() and available(client) and (client != "raw, large reads" or mode == "tls")
            and re.search(only, f"{workload}/{mode}/{client}")]
    results, seen = {key: [] for key in keys}, {}
    for at in range(rounds + 1):
        for key in keys:
            workload, mode, client = key
            command, _, tls = CLIENTS[client]
            costs, printed = once(command + [workload, tls if mode == "tls" else mode])
            check(seen, workload, printed)
            if at:
                results[key].append(costs)
        print(f"round {at} of {rounds} done, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    return results


def median(runs, what):
    return statistics.median(run[what] for run in runs)


def tables(results):
    for workload, title in WORKLOADS.items():
        for mode in ("plain", "tls"):
            rows = {client: runs for (w, m, client), runs in results.items() if (w, m) == (workload, mode)}
            if not rows:
                continue
            print(f"\n**{title}, {mode}**\n\n| client | wall s (best–worst) | CPU s | peak memory MiB |\n|---|---:|---:|---:|")
            for client, runs in rows.items():
                walls = sorted(run["wall"] for run in runs)
                print(f"| {client} | {median(runs, 'wall'):.3f} ({walls[0]:.3f}–{walls[-1]:.3f}) | {median(runs, 'cpu'):.3f} "
                      f"| {median(runs, 'memory'):.1f} |")


def targets(results):
    print("\n| workload | imapkit (tokio) against | what | ratio | at most |\n|---|---|---|---:|---:|")
    for workload, other, what, most in TARGETS:
        for mode in ("plain", "tls"):
            ours, theirs = results.get((workload, mode, "imapkit (tokio)")), results.get((workload, mode, other))
            if ours and theirs:
                ratio = median(ours, what) / median(theirs, what)
                best = min(run[what] for run in ours) / min(run[what] for run in theirs)
                print(f"| {workload} {mode} | {other} | {what} | {ratio:.2f} (best runs: {best:.2f}) | {most} |")
    for client in ("imapkit (tokio)", "imapkit (blocking)"):
        for mode in ("plain", "tls"):
            if ours := results.get(("w6", mode, client)):
                print(f"| w6 {mode} | {client} | peak memory | {max(run['memory'] for run in ours):.1f} MiB | {MOST_MEMORY_W6} MiB |")


def version(*argv):
    return subprocess.run(argv, capture_output=True, text=True).stdout.splitlines()[0].strip()


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = int(open("/proc/meminfo").readline().split()[1]) / (1 << 20)
    print(f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, {version('rustc', '--version')}, "
          f"Python {platform.python_version()}, Node {version('node', '--version')}, {' '.join(version('curl', '--version').split()[:2])}; "
          f"load {os.getloadavg()[0]:.1f} at the start, {time.strftime('%Y-%m-%d')}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", help="where to store every run, as JSON")
    arguments = parser.parse_args()
    machine()
    server = start_replay()
    try:
        results = run(arguments.rounds, arguments.only)
    finally:
        server.terminate()
        server.wait()
    if arguments.out:
        with open(arguments.out, "w") as out:
            json.dump([{"workload": w, "mode": m, "client": c, "runs": runs} for (w, m, c), runs in results.items()], out, indent=1)
    tables(results)
    targets(results)


main()
