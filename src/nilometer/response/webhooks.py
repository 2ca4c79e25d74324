"""Signed messages by HTTP: Standard Webhooks signatures, a CloudEvents envelope, one key however often it is tried."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from typing import Final

from nilometer.canonical import json_bytes
from nilometer.clock import rfc3339
from nilometer.errors import ConfigError
from nilometer.response import posting, retrying, secret
from nilometer.response.action import Action, Desk, Json, Matter, Order, setting

CLOUDEVENTS: Final = "application/cloudevents+json; charset=utf-8"


def signature(key: bytes, ident: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 of `id.timestamp.body`, as the header `webhook-signature` has it: Standard Webhooks, scheme v1."""
    return "v1," + base64.b64encode(hmac.digest(key, f"{ident}.{timestamp}.".encode() + body, "sha256")).decode()


def envelope(desk: Desk, matter: Matter, kind: str, content: Json) -> Json:
    """A CloudEvents 1.0.2 message in structured JSON; the receiver tells repeats by `source` and `id`."""
    return {
        "specversion": "1.0",
        "id": f"{matter.order}-perform",
        "source": f"urn:uuid:{desk.source}",
        "type": f"dev.nilometer.{kind}.v1",
        "subject": matter.case,
        "time": rfc3339(matter.at),
        "datacontenttype": "application/json",
        "data": content,
    }


@dataclass(frozen=True, kw_only=True)
class Posted(Action):
    """An action that sends one signed message; its settings say where and how."""

    url: str = setting("", "where to send to; it may hold a token and is never shown beyond its host")
    secret_file: str = setting("", "file (mode 0600) with the signing secret, whsec_ and base64, from the home or absolute")
    token_file: str = setting("", "file (mode 0600) with a token that is sent as Authorization: Bearer")
    ca_file: str = setting("", "certificates to trust instead of the system's, as PEM")
    timeout: float = setting(10.0, "seconds that one try may take in all, at least 0.1")
    attempts: int = setting(5, "how often it is tried, 1 to 20, with waits of 1, 2, 4, ... seconds between")

    def ready(self, desk: Desk) -> None:
        """Raises ConfigError when a setting is missing or a secret cannot be read."""
        if not self.url:
            raise ConfigError(f"nilometer.toml: [response.{self.id}] needs url, and secret_file to sign with; see docs/guide/response.md.")
        posting.place(self.url, self._named("url"))
        if not 0.1 <= self.timeout <= 300 or not 1 <= self.attempts <= 20:
            raise ConfigError(f"nilometer.toml: [response.{self.id}]: timeout must be 0.1 to 300, attempts 1 to 20.")
        self._headers(Order(id="", case="", action="", actors=(), letter={}, at=desk.clock()), b"", desk)

    def target(self) -> str:
        """The whole address."""
        return self.url

    def send(self, order: Order, desk: Desk, content_type: str = CLOUDEVENTS) -> Json:
        """Sends the order's letter until it is accepted. Raises as `retrying.delivered`."""
        where = posting.place(self.url, self._named("url"))
        body = json_bytes(order.letter)

        def once() -> posting.Answer:
            headers = {"Content-Type": content_type, **self._headers(order, body, desk)}
            ca = desk.home / self.ca_file if self.ca_file else None
            return posting.post(where, body, headers, timeout=self.timeout, private=desk.private_addresses, ca_file=ca)

        answer, tries = retrying.delivered(
            once,
            where=str(where),
            attempts=self.attempts,
            clock=desk.clock,
            sleep=desk.sleep,
            again=f"run: nilometer response perform {order.id}",
        )
        return {"where": str(where), "status": answer.status, "tries": tries}

    def _headers(self, order: Order, body: bytes, desk: Desk) -> dict[str, str]:
        """Anew for each try: the time is the try's, the key is the order's."""
        key = order.key("perform")
        made = {"User-Agent": f"nilometer/{desk.version}", "Idempotency-Key": f'"{key}"', "webhook-id": key}
        moment = int(desk.clock().timestamp())
        made["webhook-timestamp"] = str(moment)
        if self.secret_file:
            made["webhook-signature"] = signature(
                secret.signing(desk.home, self.secret_file, self._named("secret_file")), key, moment, body
            )
        elif not self.token_file:
            raise ConfigError(
                f"nilometer.toml: {self._named('secret_file')} is missing: an unsigned message proves nothing to its receiver."
            )
        if self.token_file:
            token = secret.read(desk.home, self.token_file, self._named("token_file"))
            if not token.isascii() or " " in token:
                raise ConfigError(f"{self._named('token_file')} must hold a token without spaces, in ASCII.")
            made["Authorization"] = f"Bearer {token}"
        return made

    def _named(self, name: str) -> str:
        return f"[response.{self.id}] {name}"
