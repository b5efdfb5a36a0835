"""The ceremony that founds an organisation: `aigaq init` and the desk's setup pages call it.

1. The choices are checked. 2. The secrets are drawn and shown: the root key's words, the
passphrase, three recovery parts; each is typed back. 3. `found_organisation` writes everything and
ends with the marker, so that a ceremony that was cut short leaves a desk that was never founded.
The root key is in words or in a file of its own, never in the desk's database.
Source: PROTOCOL 1-4.
"""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from aigaq import clock
from aigaq.accounts.cards import (
    INTERVAL_SECONDS,
    describe_first_card,
    get_public_keys,
    list_desk_cosigner,
    record_card,
)
from aigaq.accounts.errors import CeremonyError
from aigaq.accounts.live_rule import accept_texts, check_texts
from aigaq.accounts.models import Organisation, Staff, TeamKey
from aigaq.accounts.pages import stamp_pages
from aigaq.accounts.permissions import Role
from aigaq.age import HybridIdentity
from aigaq.blobs import write_durably
from aigaq.core import audit, recovery, words
from aigaq.core.held_keys import HELD
from aigaq.core.home import Home
from aigaq.core.schema import migrate
from aigaq.core.vault import Vault
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.card import CareWindow, Service
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.signatures import public_bytes

LANGUAGES = ("kk", "ru", "en")
SCRYPT_WORK_FACTOR = 18
HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?")
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Choices:
    """What an organisation decides about itself. Names by language; the interval in hours."""

    names: Mapping[str, str]
    gate_origin: str
    exit_url: str
    founder: str
    reading_hours: int = 24
    state: str = "trial"
    accept_unreviewed: str = ""
    interval_seconds: int = INTERVAL_SECONDS


@dataclass(frozen=True)
class DrawnSecrets:
    """What is shown once and typed back. Never printed by itself, never stored."""

    passphrase: str = field(repr=False)
    root_seed: bytes = field(repr=False)
    recovery_secret: bytes = field(repr=False)
    recovery_parts: tuple[str, ...] = field(repr=False)

    @property
    def root_words(self) -> str:
        """The 24 words of the root key."""
        return words.key_to_words(self.root_seed)


@dataclass(frozen=True)
class Founded:
    """What came out: the signed card, the founder's account, the master key of the open desk."""

    card: bytes
    staff: Staff
    master: bytes = field(repr=False)


def check_choices(choices: Choices) -> None:
    """Check what was chosen.

    Raises `CeremonyError`: ``ceremony.missing_name``, ``ceremony.bad_gate_origin`` (http only on
    loopback; no path), ``ceremony.bad_exit_url``, ``ceremony.bad_reading_hours``,
    ``ceremony.bad_state``, ``ceremony.no_founder``; `AccountsError` ``accounts.unreviewed_texts``.
    """
    for language in LANGUAGES:
        if not choices.names.get(language, "").strip():
            raise CeremonyError("ceremony.missing_name", language=language)
    gate = urlsplit(choices.gate_origin)
    plain_http = gate.scheme == "http" and gate.hostname in LOOPBACK
    onion = gate.scheme == "http" and (gate.hostname or "").endswith(".onion")
    if not (gate.scheme == "https" or plain_http or onion) or gate.path or gate.query:
        raise CeremonyError("ceremony.bad_gate_origin")
    if not HOST.fullmatch(gate.netloc):
        raise CeremonyError("ceremony.bad_gate_origin")
    way_out = urlsplit(choices.exit_url)
    if way_out.scheme != "https" or not HOST.fullmatch(way_out.netloc):
        raise CeremonyError("ceremony.bad_exit_url")
    if not 1 <= choices.reading_hours <= 336:
        raise CeremonyError("ceremony.bad_reading_hours")
    if choices.state not in ("trial", "live"):
        raise CeremonyError("ceremony.bad_state")
    if not choices.founder.strip():
        raise CeremonyError("ceremony.no_founder")
    check_texts(LANGUAGES, state=choices.state, reason=choices.accept_unreviewed)


def draw_secrets() -> DrawnSecrets:
    """Draw the secrets that people keep."""
    recovery_secret = recovery.draw_recovery_secret()
    return DrawnSecrets(
        passphrase=words.draw_passphrase(),
        root_seed=secrets.token_bytes(32),
        recovery_secret=recovery_secret,
        recovery_parts=recovery.split_secret(recovery_secret),
    )


def check_typed_back(typed: str, *, shown: str) -> None:
    """Check a typed copy.

    Raises `CeremonyError` ``ceremony.copy_differs`` with the place of the first such word.
    """
    given, expected = words.normalise_words(typed).split(), shown.split()
    for position, word in enumerate(expected, start=1):
        if position > len(given) or given[position - 1] != word:
            raise CeremonyError("ceremony.copy_differs", position=position)
    if len(given) > len(expected):
        raise CeremonyError("ceremony.copy_differs", position=len(expected) + 1)


def found_organisation(
    *,
    home: Home,
    choices: Choices,
    drawn: DrawnSecrets,
    services: tuple[Service, ...],
    windows: tuple[CareWindow, ...],
    root_file: Path | None = None,
    gate_folder: Path | None = None,
    work_factor: int = SCRYPT_WORK_FACTOR,
) -> Founded:
    """Found the organisation; the desk's keys are held afterwards, in this process.

    ``root_file`` is where the root key's words go if not on paper; ``gate_folder`` gets what the
    gate needs (log key, card, stamped pages). Raises `CeremonyError` ``ceremony.already_founded``
    and what `check_choices` raises.
    """
    check_choices(choices)
    if home.is_set_up():
        raise CeremonyError("ceremony.already_founded")
    _set_aside_unfinished(home)
    home.create()
    master = Vault(home.keys, work_factor=work_factor).create(
        passphrase=drawn.passphrase, recovery_secret=drawn.recovery_secret
    )
    HELD.hold(master=master)
    migrate()
    card, staff = write_organisation(
        home=home,
        choices=choices,
        drawn=drawn,
        services=services,
        windows=windows,
        gate=gate_folder,
    )
    if gate_folder is not None:
        root = Ed25519PrivateKey.from_private_bytes(drawn.root_seed)
        stamp_pages(home=home, gate=gate_folder, root_key=public_bytes(root), card=card)
    if root_file is not None:
        _write_secret(root_file, drawn.root_words.encode("ascii") + b"\n")
    home.record_set_up()
    return Founded(card=card, staff=staff, master=master)


def write_organisation(
    *,
    home: Home,
    choices: Choices,
    drawn: DrawnSecrets,
    services: tuple[Service, ...],
    windows: tuple[CareWindow, ...],
    gate: Path | None,
) -> tuple[bytes, Staff]:
    """Draw the team's keys, keep them in the open database, and write what lies outside it.

    Returns the signed card and the founder's account. ``gate`` is the folder that gets the log key.
    """
    keys = _PrivateKeys()
    with transaction.atomic():
        card, staff = _record_organisation(
            home=home, choices=choices, drawn=drawn, keys=keys, services=services, windows=windows
        )
    _write_secret(home.locked / "card.json", card)
    _write_locked_files(home, choices=choices, keys=keys, drawn=drawn)
    if gate is not None:
        _write_secret(gate / "log.key", _encode_key(keys.log))
        _write_secret(gate / "card.json", card)
    return card, staff


class _PrivateKeys:
    """The keys that the ceremony draws besides those that people keep."""

    def __init__(self) -> None:
        self.team = HybridIdentity.generate()
        self.message = Ed25519PrivateKey.generate()
        self.desk = Ed25519PrivateKey.generate()
        self.fetch = Ed25519PrivateKey.generate()
        self.log = Ed25519PrivateKey.generate()


def record_team_identity(identity: HybridIdentity) -> TeamKey:
    """Keep a team identity as the one in use."""
    return TeamKey.objects.create(
        kind=TeamKey.Kind.TEAM_IDENTITY,
        secret=identity.secret_text().encode("ascii"),
        public=str(identity.recipient),
        created_at=clock.now(),
    )


def _record_organisation(
    *,
    home: Home,
    choices: Choices,
    drawn: DrawnSecrets,
    keys: _PrivateKeys,
    services: tuple[Service, ...],
    windows: tuple[CareWindow, ...],
) -> tuple[bytes, Staff]:
    root = Ed25519PrivateKey.from_private_bytes(drawn.root_seed)
    organisation = Organisation.objects.create(
        team_id=secrets.token_hex(16),
        names={language: choices.names[language].strip() for language in LANGUAGES},
        languages=list(LANGUAGES),
        gate_origin=choices.gate_origin,
        exit_url=choices.exit_url,
        reading_hours=choices.reading_hours,
        state=choices.state,
        log_origin=urlsplit(choices.gate_origin).netloc + "/log",
        root_key=public_bytes(root),
        log_key=public_bytes(keys.log),
        fetch_key=public_bytes(keys.fetch),
        founded_at=clock.now(),
    )
    record_team_identity(keys.team)
    _record_signing_key(TeamKey.Kind.MESSAGE_KEY, key=keys.message)
    _record_signing_key(TeamKey.Kind.DESK_KEY, key=keys.desk)
    staff = Staff(
        display_name=choices.founder.strip(),
        username=_suggest_username(choices.founder),
        roles=sorted([Role.ADMINISTRATOR, Role.CASEWORKER, Role.LAWYER]),
        created_at=clock.now(),
    )
    staff.set_unusable_password()
    staff.save(force_insert=True)
    described = describe_first_card(
        organisation=organisation,
        keys=get_public_keys(),
        services=services,
        windows=windows,
        interval_seconds=choices.interval_seconds,
    )
    card = record_card(list_desk_cosigner(described, home=home), root=root, home=home)
    audit.record("accounts.organisation_founded", actor=staff, subject=organisation)
    accept_texts(LANGUAGES, state=choices.state, reason=choices.accept_unreviewed)
    return card, staff


def _record_signing_key(kind: str, *, key: Ed25519PrivateKey) -> None:
    TeamKey.objects.create(
        kind=kind,
        secret=key.private_bytes_raw(),
        public=encode_base64(public_bytes(key)),
        created_at=clock.now(),
    )


def _write_locked_files(
    home: Home, *, choices: Choices, keys: _PrivateKeys, drawn: DrawnSecrets
) -> None:
    """Write the only unencrypted files of the desk; none of them opens or signs a report."""
    root = Ed25519PrivateKey.from_private_bytes(drawn.root_seed)
    gate = {"gate_origin": choices.gate_origin, "root_key": encode_base64(public_bytes(root))}
    _write_secret(home.locked / "gate.json", build_json(gate) + b"\n")
    _write_secret(home.locked / "fetch.key", _encode_key(keys.fetch))


def _encode_key(key: Ed25519PrivateKey) -> bytes:
    return encode_base64(key.private_bytes_raw()).encode("ascii") + b"\n"


def _write_secret(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(path, data)


def _set_aside_unfinished(home: Home) -> None:
    """Put aside what a ceremony without an end left.

    It is not removed: what only lost its marker, such as a copy of a desk that was brought back by
    hand, looks the same and may be all that is left of it.
    """
    found = [path for path in (home.keys, home.locked, home.blobs) if path.exists()]
    names = [home.database.name + suffix for suffix in ("", "-wal", "-shm")]
    found += [home.desk / name for name in names if (home.desk / name).exists()]
    # `Home.create` makes an empty database file, which nobody has anything in.
    if not any(path.stat().st_size if path.is_file() else any(path.iterdir()) for path in found):
        return
    aside = home.desk / f"unfinished-{secrets.token_hex(8)}"
    aside.mkdir(mode=0o700)
    for path in found:
        path.rename(aside / path.name)


def _suggest_username(founder: str) -> str:
    plain = unicodedata.normalize("NFKD", founder).encode("ascii", "ignore").decode("ascii")
    letters = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:30]
    return letters if len(letters) > 1 else "founder"
