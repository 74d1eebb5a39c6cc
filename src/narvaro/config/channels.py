"""How people are told: mail over SMTP, text messages over a gateway's HTTP. In: notifications. Out: sent or not.

The two do not depend on each other: another provider, another network, another machine. The
gateway is told by an address with the places {to} and {text}, and a bearer token where it wants one.
"""

import http.client
import logging
import smtplib
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import quote, urlsplit

from django.db import close_old_connections

from narvaro.config.home import Home
from narvaro.sharing.cot_feed import CotFeed, Target
from narvaro.spine import clock
from narvaro.spine.machine import is_own_address
from narvaro.spine.models import Notification
from narvaro.spine.notifications import Channel, NotSentError

logger = logging.getLogger(__name__)

WITHIN_S = 10.0
LOOK_S = 0.5
SMS_CHARACTERS = 300


def channels_of(home: Home) -> dict[str, Channel]:
    """Return the channels that are set up."""
    found: dict[str, Channel] = {}
    if home.settings.smtp_host:
        found["mail"] = _mail_channel(home)
    if home.settings.sms_url:
        found["sms"] = _sms_channel(home)
    return found


def cot_feed_of(home: Home) -> CotFeed:
    """Return what tells the TAK server that is set up; without one it does nothing."""
    given = home.settings
    target = Target(
        given.cot_feed_host, given.cot_feed_port, given.cot_feed_tls, given.cot_feed_ca,
        given.cot_feed_certificate, given.cot_feed_key, given.cot_feed_every_s,
        given.cot_feed_tenant, given.cot_feed_companies,
    )  # fmt: skip
    return CotFeed(target)


def _mail_channel(home: Home) -> Channel:
    given, password = home.settings, home.secrets.get("smtp_password", "")

    def send(notification: Notification) -> None:
        letter = EmailMessage()
        letter["From"], letter["To"] = given.smtp_from, notification.address
        letter["Subject"] = notification.title
        letter["Message-ID"] = f"<{notification.pk}@narvaro>"
        letter.set_content(notification.text)
        try:
            with smtplib.SMTP(given.smtp_host, given.smtp_port, timeout=WITHIN_S) as line:
                if given.smtp_tls:
                    line.starttls(context=ssl.create_default_context())
                if given.smtp_username:
                    line.login(given.smtp_username, password)
                line.send_message(letter)
        except (OSError, smtplib.SMTPException) as fault:
            raise NotSentError(f"mail server: {type(fault).__name__}") from fault

    return send


def _sms_channel(home: Home) -> Channel:
    url, token = home.settings.sms_url, home.secrets.get("sms_token", "")

    def send(notification: Notification) -> None:
        text = notification.text[:SMS_CHARACTERS]
        address = url.replace("{to}", quote(notification.address, safe="")).replace(
            "{text}", quote(text, safe="")
        )
        parts = urlsplit(address)
        if parts.scheme != "https" and not is_own_address(parts.hostname or ""):
            raise NotSentError("the gateway's address is not https")
        request = urllib.request.Request(address, data=b"", method="POST")  # noqa: S310 - checked above
        request.add_header("Idempotency-Key", str(notification.pk))
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with _opener.open(request, timeout=WITHIN_S) as answer:
                answer.read(1024)
        except urllib.error.HTTPError as fault:
            raise NotSentError(f"gateway: {fault.code}") from fault
        except (OSError, http.client.HTTPException) as fault:
            raise NotSentError(f"gateway: {type(fault).__name__}") from fault

    return send


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token is for one host."""

    def redirect_request(self, *_given: object) -> None:
        """Refuse."""


_opener = urllib.request.build_opener(_Stay)


class Outbox:
    """Sends what waits, each kind in a thread of its own: nothing slow holds up a timer, or another.

    A sender is called again and again; it sends what is due, and returns.
    """

    def __init__(self, *senders: Callable[[], object]) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(one,), name=f"outbox-{number}", daemon=True)
            for number, one in enumerate(senders)
        ]

    def start(self) -> None:
        """Begin to send."""
        for one in self._threads:
            one.start()

    def stop(self) -> None:
        """End after what is being sent."""
        self._stop.set()
        until_s = clock.monotonic() + WITHIN_S + 1
        for one in self._threads:
            one.join(max(0.0, until_s - clock.monotonic()))

    def _run(self, send: Callable[[], object]) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                send()
            except Exception:
                # A database that is away for a while must not end the outbox; it is said.
                logger.exception("outbox failed")
                close_old_connections()
                self._stop.wait(LOOK_S * 4)
        close_old_connections()
