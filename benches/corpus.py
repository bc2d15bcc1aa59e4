#!/usr/bin/env python3
"""Mail that looks like mail, the same on every machine, and the octets a real server makes of it.

  corpus.py fill KIND      append the messages to mailbox bench-KIND
  corpus.py capture DIR    let the server answer what the benches ask, and store the answers in DIR
  corpus.py remove         delete the mailboxes

KIND is one of
  big100k    100,000 messages of 1-3 KB: what W2 (ENVELOPE, BODYSTRUCTURE) and W4 (FLAGS, SEARCH) list
  corpus20k  20,000 messages, 317 MB, median 6 KB, some attachments of 1-5 MB: what W3 downloads
  huge       one message of 200 MB: what W6 downloads

The server is Dovecot of tests/servers: 127.0.0.1, port 20143 (BENCH_SERVER_PORT), user3 (BENCH_SERVER_USER), password "pass".
Message N of a kind depends on nothing but the kind and N. Python's random is stable across versions for what is used here.
"""
import base64
import math
import os
import random
import socket
import sys
import time
import zlib

FIRST = ("Ada Grace Linus Ken Dennis Barbara Edsger Alan Margaret Radia Sophie Jürgen Zoë François Søren Łukasz Åsa Mária "
         "Наталья Ольга 健太 美咲 王伟 李娜 محمد").split()
LAST = ("Lovelace Hopper Torvalds Thompson Ritchie Liskov Dijkstra Turing Hamilton Perlman Wilson Müller Núñez Château "
        "Ångström Žižek Petrov Иванова 山田 鈴木 张 陈 الحسن O'Brien van_der_Berg").split()
DOMAINS = ("example.com example.org mail.example.net corp.example univ.example.edu lists.example.org "
           "very-long-subdomain.department.company.example").split()
WORDS = ("the of and to in for is on that by this with you it not or be are from at as your all have new more an was we will "
         "home can us about if page my has meeting report quarterly budget invoice review patch kernel release deploy server "
         "client update schedule lunch holiday travel contract draft final proposal numbers attached please regards thanks "
         "team project deadline feedback issue ticket resolved build failed passed coverage latency throughput protocol "
         "mailbox").split()
FOREIGN = "Grüße — naïve façade, jalapeño, smörgåsbord, Привет мир, 今日は会議です, 你好世界, שלום, 🚀 done ✔".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
AGENTS = "Mutt/2.2.9", "Thunderbird/115", "K-9/6.8"
ATTACHMENTS = (("application/pdf", "pdf"), ("image/jpeg", "jpg"),
               ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
               ("application/octet-stream", "bin"), ("text/calendar; method=REQUEST", "ics"))

KINDS = {"big100k": 100_000, "corpus20k": 20_000, "huge": 1}
SEED = 20260701
FIRST_DAY = 1577836800  # 2020-01-01
LISTING = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"


class Mail:
    """Writes one message from a random stream of its own."""

    def __init__(self, kind, number):
        self.random = r = random.Random((SEED << 24) ^ (zlib.crc32(kind.encode()) << 32) ^ number)
        self.kind, self.number = kind, number
        self.time = FIRST_DAY + number * 1511 + r.randrange(1500)
        self.flags = [flag for flag, share in (("\\Seen", .8), ("\\Answered", .2), ("\\Flagged", .05), ("$Forwarded", .03))
                      if self.maybe(share)]
        if self.maybe(.02):
            self.flags.append(r.choice(("work", "todo", "NonJunk")))

    def octets(self):
        return getattr(self, self.kind)().encode()

    # Kinds

    def big100k(self):
        head, size = self.headers(brief=True), self.random.randrange(150, 1300)
        return head + self.one_of(
            (.50, lambda: self.text_part(size)),
            (.85, lambda: self.alternative(size // 3, size // 3)),
            (1., lambda: self.multipart("mixed", self.text_part(size // 3), self.attachment(size // 2))))

    def corpus20k(self):
        head = self.headers()
        size = int(min(400_000, max(600, self.random.lognormvariate(math.log(4200), .95))))
        return head + self.one_of(
            (.38, lambda: self.text_part(size)),
            (.70, lambda: self.alternative(size * 35 // 100, size * 55 // 100)),
            (.84, lambda: self.multipart("mixed", self.text_part(size // 4), self.attachment(size * 3 // 4))),
            (.90, lambda: self.related(size)),
            (.94, lambda: self.forwarded(size)),
            (.97, lambda: self.signed(size)),
            (1., lambda: self.bounce(size)),
            instead=(lambda: self.large(size)) if self.number % 400 == 7 else None)

    def huge(self):
        return self.headers() + self.multipart("mixed", self.text_part(500), self.attachment(200_000_000))

    # Bodies

    def large(self, size):
        attachment = self.random.randrange(1_000_000, 5_000_000)
        return self.multipart("mixed", self.alternative(size // 3, size // 3), self.attachment(attachment))

    def alternative(self, plain, html):
        return self.multipart("alternative", self.text_part(plain), self.text_part(html, "html"))

    def related(self, size):
        inner = self.multipart("related", self.alternative(size // 6, size // 4), self.attachment(size // 4),
                               parameters='; type="multipart/alternative"')
        return self.multipart("mixed", inner, self.attachment(size // 4), self.attachment(size // 8))

    def forwarded(self, size):
        inner = self.headers(earlier=9999) + self.text_part(size // 2)
        head = "Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n"
        return self.multipart("mixed", self.text_part(size // 4), head + inner)

    def signed(self, size):
        text = self.text_part(size * 3 // 4)
        signature = ('Content-Type: application/pgp-signature; name="signature.asc"\r\n'
                     "Content-Description: OpenPGP digital signature\r\n\r\n"
                     f"-----BEGIN PGP SIGNATURE-----\r\n\r\n{self.base64(600)}-----END PGP SIGNATURE-----\r\n")
        return self.multipart("signed", text, signature,
                              parameters='; micalg=pgp-sha512; protocol="application/pgp-signature"')

    def bounce(self, size):
        text = self.text_part(size // 2)
        status = ("Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
                  "Final-Recipient: rfc822; a@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n")
        original = f"Content-Type: text/rfc822-headers\r\n\r\n{self.headers(brief=True, earlier=99)}"
        return self.multipart("report", text, status, original,
                              parameters="; report-type=delivery-status")

    def multipart(self, subtype, *parts, parameters=""):
        boundary = "=_" + self.letters(22)
        body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
        return f'Content-Type: multipart/{subtype}; boundary="{boundary}"{parameters}\r\n\r\n{body}--{boundary}--\r\n'

    def text_part(self, size, subtype="plain"):
        kind = self.random.random()
        text = self.text(size, foreign=kind >= .4)
        if subtype == "html":
            lines = "".join(f'<p style="margin:0 0 1em">{line}</p>\r\n' for line in text.split("\r\n"))
            text = f"<html><body>\r\n{lines}</body></html>\r\n"
        more = "; format=flowed; delsp=yes" if subtype == "plain" and self.maybe(.2) else ""
        if kind < .4:
            charset, encoding = "us-ascii", "7bit"
        elif kind < .7:
            charset, encoding, text = '"utf-8"', "quoted-printable", quoted_printable(text) + "\r\n"
        elif kind < .9:
            charset, encoding = "UTF-8", "8bit"
        else:
            charset, more, encoding, text = "UTF-8", "", "base64", base64_lines(text.encode())
        return (f"Content-Type: text/{subtype}; charset={charset}{more}\r\n"
                f"Content-Transfer-Encoding: {encoding}\r\n\r\n{text}")

    def attachment(self, size):
        media, extension = self.random.choice(ATTACHMENTS)
        name = f"{self.random.choice(WORDS)}-{self.letters(6)}.{extension}"
        disposition = f'filename="{name}"' if self.maybe(.7) else f"filename*=UTF-8''%C3%BC{name}"
        return (f'Content-Type: {media}; name="{name}"\r\n'
                f"Content-Disposition: attachment; {disposition}; size={size * 57 // 78}\r\n"
                f"Content-ID: {self.message_id()}\r\nContent-Transfer-Encoding: base64\r\n\r\n{self.base64(size)}")

    def text(self, size, foreign):
        lines, written = [], 0
        while written < size:
            words = self.random.choices(WORDS, k=11)
            if foreign and self.maybe(.3):
                words[3] = self.random.choice(FOREIGN)
            if self.maybe(.1):
                words.insert(0, ">")
            lines.append(" ".join(words))
            written += len(lines[-1]) + 2
            if self.maybe(.1):
                lines.append("")
        return "\r\n".join(lines) + "\r\n"

    def base64(self, size):
        return base64_lines(self.random.randbytes(size * 57 // 78))

    # Headers

    def headers(self, brief=False, earlier=0):
        r = self.random
        date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(self.time - earlier))
        lines = []
        if not brief or self.maybe(.3):
            lines += [self.received(date) for _ in range(r.randrange(1, 4 if brief else 6))]
        if not brief and self.maybe(.6):
            lines.append(self.dkim())
        lines += [f"Message-ID: {self.message_id()}", f"Date: {date}", f"From: {self.address()}"]
        for name, share in ("Sender", .1), ("Reply-To", .2):
            if self.maybe(share):
                lines.append(f"{name}: {self.address()}")
        lines.append(f"To: {self.addresses(1 + min(40, int(r.expovariate(1.2))))}")
        if self.maybe(.3):
            lines.append(f"Cc: {self.addresses(1 + min(60, int(r.expovariate(.6))))}")
        lines.append(f"Subject: {self.subject()}")
        if self.maybe(.5):
            ancestors = [self.message_id()
                         for _ in range(1 + (int(r.expovariate(.7)) if brief else min(80, int(r.paretovariate(1.1)))))]
            lines += [f"In-Reply-To: {ancestors[-1]}", "References: " + "\r\n\t".join(ancestors)]
        if self.maybe(.3):
            name = r.choice(WORDS)
            lines += [f"List-Id: {name} list <{name}.lists.example.org>",
                      f"List-Unsubscribe: <mailto:{name}-leave@lists.example.org>, <https://lists.example.org/{self.letters(20)}>",
                      "Precedence: list"]
        lines += [f"User-Agent: {r.choice(AGENTS)}", "MIME-Version: 1.0"]
        return "\r\n".join(lines) + "\r\n"

    def received(self, date):
        r = self.random
        host = f"{self.letters(8)}.{r.choice(DOMAINS)}"
        return (f"Received: from {host} ({self.letters(5)}.{r.choice(DOMAINS)} [192.0.2.{r.randrange(255)}])\r\n"
                f"\tby mx{r.randrange(9)}.{r.choice(DOMAINS)} (Postfix) with ESMTPS id {self.letters(11)}\r\n"
                f"\tfor <{self.letters(6)}@{r.choice(DOMAINS)}>; {date}")

    def dkim(self):
        domain = self.random.choice(DOMAINS)
        hashed, *signature = (self.base64(size).strip() for size in (60, 78, 78, 78))
        return (f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1;\r\n"
                f"\th=from:to:subject:date:message-id; bh={hashed};\r\n\tb=" + "\r\n\t ".join(signature))

    def address(self):
        r = self.random
        first, last = r.choice(FIRST), r.choice(LAST)
        local, domain = self.letters(r.randrange(3, 12)), r.choice(DOMAINS)
        style = r.random()
        if style < .1:
            return f"{local}@{domain}"
        if style < .15 and (first + last).isascii():
            return f'"{last}, {first} (\\"{local}\\")" <{local}@{domain}>'
        return f"{self.encoded(f'{first} {last}')} <{local}@{domain}>"

    def addresses(self, count):
        return ",\r\n ".join(self.address() for _ in range(count))

    def subject(self):
        words = [self.random.choice(WORDS) for _ in range(self.random.randrange(2, 9))]
        if self.maybe(.25):
            words.insert(self.random.randrange(len(words)), self.random.choice(FOREIGN))
        subject = ("Re: " if self.maybe(.45) else "") + " ".join(words)
        if self.maybe(.2):
            subject = f"[{self.random.choice(WORDS)}] {subject}"
        if subject.isascii() or self.maybe(.15):
            return subject
        return "\r\n ".join(encoded_word(subject[at:at + 16]) for at in range(0, len(subject), 16))

    def encoded(self, text):
        """As header text: raw 8-bit, base64 or quoted-printable when it is not ASCII."""
        if text.isascii() or self.maybe(.15):
            return text
        if self.maybe(.5):
            return encoded_word(text)
        hexed = "".join(c if c.isascii() and c.isalnum() else "".join(f"={b:02X}" for b in c.encode()) for c in text)
        return f"=?utf-8?Q?{hexed}?="

    def message_id(self):
        return f"<{self.letters(12)}.{self.letters(8)}@{self.random.choice(DOMAINS)}>"

    def letters(self, count):
        return "".join(self.random.choice(LETTERS) for _ in range(count))

    def maybe(self, share):
        return self.random.random() < share

    def one_of(self, *choices, instead=None):
        """Draws one of (upper bound, function) and calls it; or `instead`, without changing what is drawn later."""
        drawn = self.random.random()
        return (instead or next(write for bound, write in choices if drawn < bound))()


def encoded_word(text):
    return f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?="


def base64_lines(octets):
    return base64.encodebytes(octets).replace(b"\n", b"\r\n").decode()


def quoted_printable(text):
    out = []
    for line in text.encode().split(b"\r\n"):
        coded = "".join(chr(c) if 32 <= c < 127 and c != 61 else f"={c:02X}" for c in line)
        while len(coded) > 75:  # a soft break never splits =XX
            cut = 69 if "=" in coded[70:73] else 72
            out.append(coded[:cut] + "=")
            coded = coded[cut:]
        out.append(coded)
    return "\r\n".join(out)


class Server:
    """As much of an IMAP client as it takes."""

    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", int(os.environ.get("BENCH_SERVER_PORT", "20143"))))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb", 1 << 20)
        self.file.readline()
        self.run(f"LOGIN {os.environ.get('BENCH_SERVER_USER', 'user3')} pass")

    def run(self, command, out=None, fail=True):
        self.socket.sendall(f"zq {command}\r\n".encode())
        return self.finish(out, fail)

    def finish(self, out=None, fail=True):
        """Reads up to the tagged line; what is before it goes to `out`."""
        while line := self.file.readline():
            if line.startswith(b"zq "):
                if fail and not line.startswith(b"zq OK"):
                    sys.exit(line.decode())
                return
            if out:
                out.write(line)
            if line.endswith(b"}\r\n"):
                left = int(line[line.rindex(b"{") + 1:-3])
                while left:
                    piece = self.file.read(min(left, 1 << 20))
                    left -= len(piece)
                    if out:
                        out.write(piece)
        sys.exit("the server hung up")


def fill(kind):
    server, mailbox = Server(), f"bench-{kind}"
    server.run(f"DELETE {mailbox}", fail=False)
    server.run(f"CREATE {mailbox}")
    batch = 500  # MULTIAPPEND
    for number in range(KINDS[kind]):
        mail = Mail(kind, number)
        octets = mail.octets()
        date = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(mail.time))
        command = f"zq APPEND {mailbox}" if number % batch == 0 else ""
        server.socket.sendall(f'{command} ({" ".join(mail.flags)}) "{date}" {{{len(octets)}+}}\r\n'.encode() + octets)
        if (number + 1) % batch == 0 or number + 1 == KINDS[kind]:
            server.socket.sendall(b"\r\n")
            server.finish()


def capture(folder):
    os.makedirs(folder, exist_ok=True)
    server = Server()

    def select(kind):  # twice, so that nothing is \Recent
        for command in (f"SELECT bench-{kind}", "UNSELECT", f"SELECT bench-{kind}"):
            server.run(command)

    def store(name, command):
        with open(os.path.join(folder, name + ".new"), "wb") as out:
            server.run(command, out)
        os.rename(out.name, os.path.join(folder, name + ".cap"))

    select("big100k")
    store("w2", f"UID FETCH 1:* {LISTING}")
    store("w4", "UID FETCH 1:* (FLAGS)")
    store("search100k", "UID SEARCH ALL")
    select("corpus20k")
    store("w3", "UID FETCH 1:* (BODY.PEEK[])")
    select("huge")
    store("w6", "UID FETCH 1:* (BODY.PEEK[])")
    with open(os.path.join(folder, "search500k.cap"), "wb") as out:
        out.write(b"* SEARCH " + b" ".join(b"%d" % uid for uid in uids(500_000)) + b"\r\n")


def uids(count):
    """Ascending, with the gaps that deleted mail leaves."""
    r, uid = random.Random(count), 0
    for _ in range(count):
        uid += r.choice((1, 1, 1, 1, 2, 3, 40))
        yield uid


def remove():
    server = Server()
    for kind in KINDS:
        server.run(f"DELETE bench-{kind}", fail=False)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill", kind] if kind in KINDS:
            fill(kind)
        case ["capture", folder]:
            capture(folder)
        case ["remove"]:
            remove()
        case _:
            sys.exit(__doc__)
