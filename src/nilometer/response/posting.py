"""One HTTP POST to a place an operator named, safely: no redirects, no private addresses unless allowed, bounded in size and time.

The name is looked up once and the connection goes to the address that was checked, so a name that changes its mind between the
two (DNS rebinding) gains nothing. Proxies of the environment are not used.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from nilometer.errors import ConfigError, InputError

LARGEST: Final = 1 << 20
"""Bytes of a message at most."""
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_URL: Final = re.compile(r"https?://[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message goes, taken apart and checked."""

    secure: bool
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        """Without the path, which may hold a token."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        plain = 443 if self.secure else 80
        return f"{'https' if self.secure else 'http'}://{name}" + (f":{self.port}" if self.port != plain else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the status, and the Retry-After header as it was."""

    status: int
    retry_after: str | None


def place(url: str, key: str) -> Place:
    """The address in setting `key`. Raises ConfigError, without the address, when it is not a plain http or https one."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
        host.encode("idna" if not host.isascii() else "ascii")
    except (ValueError, UnicodeError):
        parts, port, host = urlsplit(""), None, ""
    if not _URL.fullmatch(url) or parts.scheme not in ("http", "https") or not host:
        raise ConfigError(f"{key} must be an address that begins with https:// (or http://) and holds no spaces or control characters.")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{key} holds a name or password; put a token into a file with mode 0600 instead.")
    if parts.fragment:
        raise ConfigError(f"{key} must not hold a # part: a server never sees it.")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(secure=secure, host=host, port=port or (443 if secure else 80), path=path)


def post(where: Place, body: bytes, headers: Mapping[str, str], *, timeout: float, private: bool, ca_file: Path | None = None) -> Answer:
    """Sends once and waits at most `timeout` seconds for each read and for all of it together.

    Raises ConfigError for an address that may not be asked or a certificate that does not hold, InputError for a body that is too
    large, OSError or http.client.HTTPException when the way there or back fails (try again).
    """
    if len(body) > LARGEST:
        raise InputError(f"The message has {len(body):,} bytes; at most {LARGEST:,} are sent. Name fewer actors.")
    raw = _connected(where, timeout, private)
    held: list[socket.socket] = [raw]
    late = threading.Event()

    def end() -> None:
        late.set()
        cut(held[0])

    watch = threading.Timer(timeout, end)
    watch.daemon = True
    watch.start()
    try:
        if where.secure:
            held[0] = _secured(raw, where, ca_file)
        connection = http.client.HTTPConnection(where.host, where.port, timeout=timeout)
        connection.sock = held[0]
        connection.request("POST", where.path, body, {**headers, "Connection": "close", "Host": _host(where)})
        answer = connection.getresponse()  # its body is not read: the status decides, and a body may have no end
        if late.is_set():  # http.client takes the end of a connection for the end of the headers
            raise TimeoutError("the answer took too long")
        return Answer(status=answer.status, retry_after=answer.headers.get("Retry-After"))
    finally:
        watch.cancel()
        held[0].close()


def forbidden(address: str) -> bool:
    """Whether an IP address is not one of the public internet, also when an IPv4 address hides in an IPv6 one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None and forbidden(str(inner)):
            return True
        if found.ipv4_mapped:
            return False
    return not found.is_global or found.is_multicast


def _connected(where: Place, timeout: float, private: bool) -> socket.socket:
    found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    if not private:
        for *_, address in found:
            if forbidden(str(address[0])):
                raise ConfigError(
                    f"{where} leads to a private or reserved address; messages go only to public ones. "
                    "If it is meant, set private_addresses = true under [response] in nilometer.toml."
                )
    trouble: OSError = OSError("no address")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(timeout)
        try:
            sock.connect(address)
        except OSError as cause:
            sock.close()
            trouble = cause
        else:
            return sock
    raise trouble


def _secured(raw: socket.socket, where: Place, ca_file: Path | None) -> ssl.SSLSocket:
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as cause:
        raise ConfigError(f"ca_file: {ca_file} does not hold certificates ({type(cause).__name__}).") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    sock = context.wrap_socket(raw, server_hostname=where.host, do_handshake_on_connect=False)
    try:
        sock.do_handshake()
    except ssl.SSLCertVerificationError as cause:
        sock.close()
        raise ConfigError(f"{where} shows a certificate that does not hold: {cause.verify_message}. Nothing was sent.") from None
    except BaseException:
        sock.close()
        raise
    return sock


def cut(sock: socket.socket | None) -> None:
    """Ends a connection under whoever waits for it, in another thread."""
    if sock is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # below TLS, so that a read that waits ends


def _host(where: Place) -> str:
    return str(where).partition("://")[2]
