#!/usr/bin/env python3
"""From nothing to the first message, at the round-trip times of real networks: connect over TLS, log in, select, read one message.

  latency.py [--rounds 7] [--rtt 10,50,150] [--only REGEX]

The server is a real Dovecot 2.3 (tests/servers), between it and the clients stands a proxy of ours that makes every octet late by half
a round trip, each way, and the TCP handshake by a whole one. Clients take turns; each measures itself, from before it opens its socket
until it has the message, so that the start of an interpreter is nobody's cost. The proxy counts flights: how often the client spoke after
the server had, TLS included, the TCP handshake not. All must have read as many octets. Order of clients changes with every round.
"""
import argparse
import asyncio
import imaplib
import json
import multiprocessing
import os
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.environ.get("IMAPKIT_BENCH_DIR", os.path.join(tempfile.gettempdir(), "imapkit-bench"))
BUILT = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(HERE, "peers", "target")), "release")
SERVERS = os.path.join(HERE, "..", "tests", "servers", "servers.sh")
MAILBOX = "latency"
MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: the first\r\n\r\n" + b"This line is one of many.\r\n" * 200

peer = lambda name: os.path.join(HERE, "peers", name)
built = lambda name: os.path.join(BUILT, name)
CLIENTS = {
    "imapkit (tokio)": [built("p-imapkit-tokio"), "first"],
    "imapkit (blocking)": [built("p-imapkit-blocking"), "first"],
    "imapkit (tokio), SELECT by a call of its own": [built("p-imapkit-tokio"), "first-select"],
    "imapkit (tokio), SCRAM-SHA-256": [built("p-imapkit-tokio"), "first-scram"],
    "async-imap 0.12": [built("p-async-imap"), "first"],
    "imap 3.0-alpha.15": [built("p-imap3"), "first"],
    "imaplib": [sys.executable, peer("p_imaplib.py"), "first"],
    "imapflow 2.10": ["node", peer("p_imapflow.js"), "first"],
}


class Far:
    """A way to the server that takes rtt seconds there and back."""

    def __init__(self, port, rtt):
        self.port, self.rtt, self.flights, self.spoke = port, rtt, 0, None

    async def carry(self, name, reader, writer, not_before):
        """One direction: what comes in goes out half a round trip later, in order and at any rate."""
        loop, queue = asyncio.get_running_loop(), asyncio.Queue()

        async def deliver():
            while (item := await queue.get()) is not None:
                due, octets = item
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
                writer.write(octets)
                await writer.drain()
            writer.close()

        delivery = asyncio.create_task(deliver())
        try:
            while octets := await reader.read(1 << 16):
                if name == "client" and self.spoke != "client":
                    self.flights += 1
                self.spoke = name
                queue.put_nowait((max(loop.time() + self.rtt / 2, not_before), octets))
        except ConnectionError:
            pass
        queue.put_nowait(None)
        try:
            await delivery
        except ConnectionError:
            pass

    async def accept(self, reader, writer):
        there = asyncio.get_running_loop().time() + self.rtt * 1.5  # SYN, SYN and ACK, then the first octets of the client
        self.flights, self.spoke = 0, None
        await asyncio.sleep(self.rtt)
        upstream, back = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(self.carry("client", reader, back, there), self.carry("server", upstream, writer, 0))


def far_away(port, rtt, pipe):
    """The proxy's process: tells its port, then the flights of the last connection whenever it is asked."""
    async def run():
        far = Far(port, rtt)
        server = await asyncio.start_server(far.accept, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while await asyncio.to_thread(pipe.recv):
            pipe.send(far.flights)

    asyncio.run(run())


def available(client):
    if client.startswith("imapflow"):
        return os.path.isdir(os.path.join(DATA, "node_modules", "imapflow"))
    return os.path.exists(CLIENTS[client][0])


def fill(server, user):
    """One message in a mailbox of its own."""
    imap = imaplib.IMAP4_SSL("localhost", server["tls_port"], ssl_context=ssl.create_default_context(cafile=server["ca_file"]))
    imap.login(user["name"], user["password"])
    imap.delete(MAILBOX)
    imap.create(MAILBOX)
    assert imap.append(MAILBOX, None, None, MESSAGE)[0] == "OK"
    imap.logout()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rtt", default="10,50,150", help="milliseconds")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    live = subprocess.run([SERVERS, "up", "dovecot23"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[-1]
    server = next(server for server in json.load(open(live)) if server["name"] == "dovecot23")
    user = server["users"][0]
    fill(server, user)
    clients = [client for client in CLIENTS if available(client) and re.search(arguments.only, client)]
    env = dict(os.environ, BENCH_CA=server["ca_file"], BENCH_USER=user["name"], BENCH_PASSWORD=user["password"],
               BENCH_MAILBOX=MAILBOX, NODE_PATH=os.path.join(DATA, "node_modules"), RUST_BACKTRACE="0")
    rtts = [int(rtt) for rtt in arguments.rtt.split(",")]
    times = {(client, rtt): [] for client in clients for rtt in rtts}
    flights = {client: set() for client in clients}
    for rtt in rtts:
        pipe, theirs = multiprocessing.Pipe()
        proxy = multiprocessing.Process(target=far_away, args=(server["tls_port"], rtt / 1000, theirs), daemon=True)
        proxy.start()
        env["BENCH_TLS_PORT"] = str(pipe.recv())
        for at in range(arguments.rounds + 1):
            for client in clients[at % len(clients):] + clients[:at % len(clients)]:
                run = subprocess.run(CLIENTS[client], env=env, capture_output=True, text=True, timeout=60)
                words = run.stdout.split()
                if run.returncode or words[:2] != ["first", str(len(MESSAGE))]:
                    sys.exit(f"{client} at {rtt} ms: {run.returncode}, {run.stdout}{run.stderr}")
                pipe.send(True)
                turns = pipe.recv()
                if at:  # the first round warms up
                    times[client, rtt].append(float(words[2]))
                    flights[client].add(turns)
        print(f"{rtt} ms done, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
        proxy.terminate()
    print(f"{time.strftime('%Y-%m-%d')}, {arguments.rounds} rounds, median in milliseconds (range)\n")
    print("| | flights |" + "".join(f" {rtt} ms |" for rtt in rtts))
    print("|---|---:|" + "---:|" * len(rtts))
    for client in clients:
        cells = []
        for rtt in rtts:
            runs = sorted(times[client, rtt])
            cells.append(f"{statistics.median(runs):.0f} ({runs[0]:.0f}–{runs[-1]:.0f})")
        print(f"| {client} | {'–'.join(str(turns) for turns in sorted({min(flights[client]), max(flights[client])}))} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
