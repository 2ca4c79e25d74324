"""Real servers on the loopback address: a webhook receiver and a mail server that can be told to fail in every way."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import http.server
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Seen:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A webhook receiver. `script` says how it answers, one entry a request; after that it answers 204.

    An entry is a status, (status, headers), or one of "close" (no answer), "hang" (until it is stopped), "drip" (a header a second),
    "half" (half an answer), "slow" (204 after 2.5 seconds), "noise" (no HTTP).
    """

    script: list[object] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    secure: bool = False
    arrived: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it listens, with a path that must never be shown."""
        return f"http{'s' if self.secure else ''}://127.0.0.1:{self.port}/hook/s3cr3t-path?t=s3cr3t-query"


@contextlib.contextmanager
def receiver(*script: object, tls: tuple[Path, Path] | None = None) -> Iterator[Receiver]:
    """A receiver that runs as long as the block; `tls` is (certificate, key)."""
    made = Receiver(script=list(script), secure=tls is not None)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.seen.append(Seen(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            made.arrived.set()
            answer = made.script.pop(0) if made.script else 204
            with contextlib.suppress(OSError):
                self._answer(answer)

        def _answer(self, answer: object) -> None:
            self.close_connection = True
            match answer:
                case "close":
                    return
                case "hang":
                    made.stopped.wait(60)
                case "drip":
                    for n in range(200):
                        if made.stopped.wait(0.05):
                            return
                        self.wfile.write(b"HTTP/1.1 200 OK\r\n" if n == 0 else f"X-{n}: y\r\n".encode())
                        self.wfile.flush()
                case "slow":
                    made.stopped.wait(2.5)
                    self.wfile.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                case "half":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                case "noise":
                    self.wfile.write(b"\x00\x01\x02 who knows\r\n\r\n")
                case (int(status), dict(headers)):
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                case int(status):
                    self.send_response(status)
                    self.end_headers()

        def log_message(self, *_: object) -> None: ...

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None: ...

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class Sink:
    """A mail server. `script` answers DATA (or RCPT), one reply a mail; after that it takes all. `offers` are its EHLO words."""

    script: list[str] = field(default_factory=list)
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    port: int = 0


@contextlib.contextmanager
def sink(*script: str, tls: tuple[Path, Path] | None = None, refuses: tuple[str, ...] = ()) -> Iterator[Sink]:
    """A mail server that runs as long as the block; with `tls` it offers STARTTLS."""
    made = Sink(script=list(script), refuses=set(refuses))
    loop = asyncio.new_event_loop()
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            sender, to, secure = "", [], False
            if made.script and made.script[0] == "close":
                made.script.pop(0)
                return
            if made.script and made.script[0] == "hang":
                made.script.pop(0)
                await asyncio.sleep(60)
            await say("220 sink.example ESMTP")
            while line := await reader.readline():
                text = line.decode("utf-8", "replace").strip()
                word = text.split(" ")[0].upper()
                if word == "EHLO":
                    await say("250-sink.example")
                    if context and not secure:
                        await say("250-STARTTLS")
                    await say("250 AUTH PLAIN")
                elif word == "STARTTLS" and context:
                    await say("220 go")
                    await writer.start_tls(context)
                    secure = True
                elif word == "AUTH":
                    made.logins.append(text.split(" ")[-1])
                    await say("235 welcome")
                elif word == "MAIL":
                    sender, to = text[10:].strip("<> ").split(">")[0], []
                    await say("250 ok")
                elif word == "RCPT":
                    name = text[8:].strip("<> ")
                    if name in made.refuses:
                        await say("550 nobody here")
                    else:
                        to.append(name)
                        await say("250 ok")
                elif word == "DATA":
                    await say("354 go")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    made.encrypted.append(secure)
                    answer = made.script.pop(0) if made.script else "250 taken"
                    if answer == "close after":
                        made.mails.append((sender, to, content[:-3]))
                        return
                    if answer.startswith("2"):
                        made.mails.append((sender, to, content[:-3]))
                    await say(answer)
                elif word == "QUIT":
                    await say("221 bye")
                    return
                else:
                    await say("250 ok")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(Exception):
                await writer.wait_closed()

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(handle, "127.0.0.1", 0)

    server = loop.run_until_complete(serve())
    made.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def stop() -> None:
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        await asyncio.sleep(0)

    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def certificate(folder: Path, *, valid: bool = True) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, in PEM; `valid`: now, else last century."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(days=1) if valid else dt.datetime(1999, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return cert, secret


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
