"""One mail by SMTP (RFC 5321), encrypted unless told otherwise, under the same Message-ID however often it is tried."""

from __future__ import annotations

import email.utils
import re
import smtplib
import ssl
import threading
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from nilometer.errors import ConfigError, EngineError
from nilometer.response import posting, retrying, secret
from nilometer.response.action import Action, Desk, Json, Matter, Order, setting
from nilometer.response.plainly import page, title

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_TLS: Final = ("starttls", "tls", "none")


@dataclass(frozen=True, kw_only=True)
class Mailed(Action):
    """An action that sends one mail; its settings say through which server, from whom and to whom."""

    host: str = setting("", "the mail server, often inside your own network")
    port: int = setting(0, "its port; 0 is 587 with starttls, 465 with tls, 25 without")
    tls: str = setting("starttls", "starttls, tls or none; none sends the accused's names in clear")
    sender: str = setting("", "the address it comes from")
    to: tuple[str, ...] = setting((), "the addresses it goes to")
    username: str = setting("", "the name to log in with, if any")
    password_file: str = setting("", "file (mode 0600) with the password, from the home or absolute")
    ca_file: str = setting("", "certificates to trust instead of the system's, as PEM")
    timeout: float = setting(10.0, "seconds that each step may take, at least 0.1")
    attempts: int = setting(5, "how often it is tried, 1 to 20, with waits of 1, 2, 4, ... seconds between")

    def ready(self, desk: Desk) -> None:
        """Raises ConfigError when a setting is missing or wrong."""
        here = f"nilometer.toml: [response.{self.id}]"
        if not (self.host and self.sender and self.to):
            raise ConfigError(f"{here} needs host, sender and to; see docs/guide/response.md.")
        wrong = [a for a in (self.sender, *self.to) if not _ADDRESS.fullmatch(a)]
        if wrong:
            raise ConfigError(f"{here}: {wrong[0]!r} is no mail address (plain ASCII, name@host).")
        if self.tls not in _TLS or not 0 <= self.port <= 65535 or not 0.1 <= self.timeout <= 300 or not 1 <= self.attempts <= 20:
            raise ConfigError(f"{here}: tls must be {', '.join(_TLS)}; port 0 to 65535; timeout 0.1 to 300; attempts 1 to 20.")
        if bool(self.username) != bool(self.password_file) or not self.username.isascii():
            raise ConfigError(f"{here}: username (ASCII) and password_file belong together.")
        if self.username and self.tls == "none":
            raise ConfigError(f'{here}: a password is never sent without TLS; set tls = "starttls".')
        if self.password_file and not self._password(desk).isascii():
            raise ConfigError(f"[response.{self.id}] password_file must hold ASCII: mail servers disagree about anything else.")

    def target(self) -> str:
        """The server and everybody it goes to."""
        return "\n".join([self.host, str(self.port), self.sender, *self.to])

    def mail(self, matter: Matter) -> Json:
        """The mail's subject and text, kept with the proposal."""
        return {"subject": title(matter.facts), "text": page(matter.facts, matter.actors, matter.order)}

    def send(self, order: Order, desk: Desk) -> Json:
        """Sends the order's letter until the server takes it. Raises ConfigError or EngineError as `retrying.delivered`."""
        again = f"run: nilometer response perform {order.id}"
        message = self._message(order)
        refused: list[int] = []

        def once() -> posting.Answer:
            try:
                refused[:] = [self._handed_over(message, desk)]
            except smtplib.SMTPRecipientsRefused as cause:
                codes = [code for code, _ in cause.recipients.values()]
                return _answer(min(codes))  # one that may be accepted later is enough to try again
            except smtplib.SMTPResponseException as cause:
                return _answer(cause.smtp_code)
            except smtplib.SMTPNotSupportedError:
                raise ConfigError(f"{self.host} does not offer what [response.{self.id}] asks for (STARTTLS or a login).") from None
            except ssl.SSLCertVerificationError as cause:
                raise ConfigError(
                    f"{self.host} shows a certificate that does not hold: {cause.verify_message}. Nothing was sent."
                ) from None
            return posting.Answer(status=250, retry_after=None)

        answer, tries = retrying.delivered(
            once, where=f"The mail server {self.host}", attempts=self.attempts, clock=desk.clock, sleep=desk.sleep, again=again
        )
        if refused[0] == len(self.to):
            raise EngineError(f"{self.host} took the mail for nobody. Check the addresses, then {again}.")
        return {"where": self.host, "status": answer.status, "tries": tries, "recipients": len(self.to), "refused": refused[0]}

    def _message(self, order: Order) -> EmailMessage:
        """Plain text; what a log wrote is only ever in the subject and the text, where it cannot make a header."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self.sender
        message["To"] = ", ".join(self.to)
        message["Subject"] = order.letter["subject"]
        message["Date"] = email.utils.format_datetime(order.at)
        message["Message-ID"] = f"<{order.key('perform')}@{self.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice answers it
        message.set_content(order.letter["text"], cte="quoted-printable")
        return message

    def _handed_over(self, message: EmailMessage, desk: Desk) -> int:
        """How many recipients the server refused though it took the mail."""
        ca = str(desk.home / self.ca_file) if self.ca_file else None
        try:
            context = ssl.create_default_context(cafile=ca)
        except OSError as cause:
            raise ConfigError(f"ca_file: {ca} does not hold certificates ({type(cause).__name__}).") from None
        port = self.port or {"starttls": 587, "tls": 465, "none": 25}[self.tls]
        name = self.sender.partition("@")[2]
        if self.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, port, local_hostname=name, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(self.host, port, local_hostname=name, timeout=self.timeout)
        watch = threading.Timer(self.timeout * 6, lambda: posting.cut(server.sock))  # a server that drips is cut off
        watch.daemon = True
        watch.start()
        try:
            if self.tls == "starttls":
                server.starttls(context=context)
            if self.username:
                server.login(self.username, self._password(desk))
            refused = len(server.send_message(message, from_addr=self.sender, to_addrs=list(self.to)))
        except BaseException:
            server.close()
            raise
        finally:
            watch.cancel()
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):  # it has the mail
            server.close()
        return refused

    def _password(self, desk: Desk) -> str:
        return secret.read(desk.home, self.password_file, f"[response.{self.id}] password_file")


def _answer(code: int) -> posting.Answer:
    """An SMTP reply as the status that means the same: 4xx is to be tried again, 5xx never (RFC 5321, 4.2.1)."""
    return posting.Answer(
        status=503 if 400 <= code < 500 else code if code >= 500 and code not in retrying.AGAIN else 550, retry_after=None
    )
