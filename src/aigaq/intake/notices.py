"""The content-free e-mail "look at the desk".

It says that and nothing else, on a random delay of up to `MAX_DELAY_SECONDS` and at most once until
someone has opened the desk, so that whoever sees staff mail cannot tell when, or that, a report
came. Settings lie in the encrypted database, and by the owner's choice (``also_while_locked``) in
``desk/locked/`` too. Source: DESIGN 3.
"""

import json
import secrets
import smtplib
import ssl
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate

from aigaq import clock
from aigaq.blobs import remove_durably, write_durably
from aigaq.core.home import Home
from aigaq.intake.errors import NoticeError
from aigaq.intake.shapes import NoticeSettings

FILE = "notice.json"
MAX_DELAY_SECONDS = 3 * 3600
TIMEOUT_SECONDS = 30.0
SUBJECT = "Загляните · Қарап шығыңыз · Please look"
BODY = (
    "Загляните, пожалуйста, в кабинет.\nКабинетке кіріп қарап шығыңыз.\nPlease look at the desk.\n"
)
SECURITIES = ("starttls", "tls", "none")


@dataclass(frozen=True)
class StoredNotice:
    """Settings with the password, which is never shown."""

    settings: NoticeSettings
    password: str = field(repr=False)


def check_settings(settings: NoticeSettings) -> None:
    """Check settings.

    Raises `NoticeError`: ``notices.no_address``, ``notices.bad_host``, ``notices.bad_security``
    (``none`` only to this computer), ``notices.bad_sender``.
    """
    if not settings.to or not all(_is_address(one) for one in settings.to):
        raise NoticeError("notices.no_address")
    if not settings.host or not 1 <= settings.port <= 65_535:
        raise NoticeError("notices.bad_host")
    loopback = settings.host in ("127.0.0.1", "localhost", "::1")
    if settings.security not in SECURITIES or (settings.security == "none" and not loopback):
        raise NoticeError("notices.bad_security")
    if not _is_address(settings.sender):
        raise NoticeError("notices.bad_sender")


def _is_address(text: str) -> bool:
    """Tell whether ``text`` can stand in a letter's head, where nothing but letters may be."""
    return "@" in text and text.isprintable()


def read_notice_settings(home: Home) -> StoredNotice | None:
    """Return the settings that lie open for a locked desk, or None."""
    try:
        data = json.loads((home.locked / FILE).read_bytes())
    except FileNotFoundError:
        return None
    return parse_stored(data)


def write_open(home: Home, stored: StoredNotice) -> None:
    """Lay the settings open, by the owner's choice."""
    write_durably(home.locked / FILE, json.dumps(build_stored(stored)).encode())


def remove_open(home: Home) -> None:
    """Take the settings back."""
    remove_durably(home.locked / FILE)


def build_stored(stored: StoredNotice) -> dict[str, object]:
    """Return settings as JSON says them."""
    return asdict(stored.settings) | {"password": stored.password}


def parse_stored(data: dict[str, object]) -> StoredNotice:
    """Return settings that `build_stored` wrote."""
    values = dict(data)
    password = str(values.pop("password"))
    to = values.pop("to")
    assert isinstance(to, list | tuple)  # noqa: S101 - we wrote it.
    return StoredNotice(NoticeSettings(to=tuple(to), **values), password)  # type: ignore[arg-type]


def draw_due(now: datetime) -> datetime:
    """Return a random instant within the delay: an even choice, from the system's randomness."""
    return now + timedelta(seconds=secrets.randbelow(MAX_DELAY_SECONDS))


def send_notice(stored: StoredNotice) -> None:
    """Send the one text to each address. Raises `NoticeError` ``notices.not_sent``."""
    settings = stored.settings
    try:
        with _connect(settings) as server:
            if stored.password:
                server.login(settings.sender, stored.password)
            for address in settings.to:
                # One letter each: colleagues do not learn each other's addresses from it.
                server.send_message(build_notice(sender=settings.sender, to=address))
    except (OSError, smtplib.SMTPException):
        raise NoticeError("notices.not_sent") from None


def build_notice(*, sender: str, to: str) -> EmailMessage:
    """Return the letter: the same words every time, whatever happened."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, to, SUBJECT
    letter["Date"] = formatdate(clock.now().timestamp())
    letter["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"
    letter.set_content(BODY)
    return letter


def _connect(settings: NoticeSettings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    # The name of this computer is nobody's business.
    name = "desk.invalid"
    if settings.security == "tls":
        return smtplib.SMTP_SSL(
            settings.host,
            settings.port,
            local_hostname=name,
            timeout=TIMEOUT_SECONDS,
            context=context,
        )
    server = smtplib.SMTP(
        settings.host, settings.port, local_hostname=name, timeout=TIMEOUT_SECONDS
    )
    if settings.security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server
