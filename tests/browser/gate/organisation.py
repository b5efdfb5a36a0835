"""A fictional organisation with its own keys, and a real gate that serves its stamped pages."""

import base64
import json
import multiprocessing
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import aigaq.gate
from aigaq.age.hybrid import HybridIdentity
from aigaq.clock import now
from aigaq.gate.serve import serve_gate
from aigaq.gate.settings import Settings
from aigaq.sealing.bundle import stamp_bundle
from aigaq.sealing.card import Card, CareWindow, Service, build_card
from aigaq.sealing.signatures import public_bytes

BUNDLE = Path(aigaq.gate.__file__).parent / "bundle"
EXIT_URL = "https://weather.example/"
TEXTS = Path(__file__).parents[3] / "client" / "texts"


def _three(en: str, ru: str, kk: str) -> dict[str, str]:
    return {"en": en, "kk": kk, "ru": ru}


SERVICES = (
    Service(
        id="emergency",
        name=_three("Emergency service", "Единая служба спасения", "Бірыңғай құтқару қызметі"),
        number="112",
        answered_by=_three("A dispatcher", "Диспетчер", "Диспетчер"),
        note=None,
        police_learns="unknown",
    ),
    Service(
        id="c111",
        name=_three("Contact centre 111", "Контакт-центр 111", "111 байланыс орталығы"),
        number="111",
        answered_by=_three(
            "State staff, day and night, free",
            "Государственные сотрудники, круглосуточно, бесплатно",
            "Мемлекеттік қызметкерлер, тәулік бойы, тегін",
        ),
        note=_three(
            "Works with the police", "Работает вместе с полицией", "Полициямен бірге жұмыс істейді"
        ),
        police_learns="yes",
    ),
)


@dataclass(frozen=True)
class Organisation:
    """The secret keys that only tests hold together."""

    root: Ed25519PrivateKey
    team: HybridIdentity
    message: Ed25519PrivateKey
    desk: Ed25519PrivateKey
    fetch: Ed25519PrivateKey
    log: Ed25519PrivateKey
    card: Card

    def signed_card(self) -> bytes:
        return build_card(self.card, root_key=self.root)


def make_organisation(*, gate_origin: str, state: str = "trial") -> Organisation:
    root, message, desk, fetch, log = (Ed25519PrivateKey.generate() for _ in range(5))
    team = HybridIdentity.generate()
    card = Card(
        version=1,
        team_id=bytes(range(16)),
        names=_three("Aigaq trial", "Проба Айғақ", "Айғақ сынағы"),
        languages=("kk", "ru", "en"),
        team_recipient=str(team.recipient),
        message_key=public_bytes(message),
        desk_key=public_bytes(desk),
        fetch_key=public_bytes(fetch),
        log_key=public_bytes(log),
        log_origin=gate_origin.removeprefix("http://") + "/log",
        gate_origin=gate_origin,
        batch=16,
        interval_seconds=600,
        maximum_delay_seconds=86_400,
        reading_hours=24,
        reading_text=_three("within one day", "в течение суток", "бір тәулік ішінде"),
        services=SERVICES,
        windows=(
            CareWindow(
                id="hiv_pep",
                hours=72,
                text=_three("HIV medicine", "лекарство от ВИЧ", "АИТВ дәрісі"),
            ),
        ),
        cosigners=(),
        timestamp_authorities=(),
        exit_url=EXIT_URL,
        state=state,
        signed_at=now(),
    )
    return Organisation(root, team, message, desk, fetch, log, card)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _settings(organisation: Organisation, *, folder: Path, port: int) -> Settings:
    card = folder / "card.json"
    card.write_bytes(organisation.signed_card())
    log_key = folder / "log.key"
    log_key.write_bytes(base64.b64encode(organisation.log.private_bytes_raw()))
    stamped = folder / "bundle"
    stamp_bundle(
        BUNDLE,
        stamped,
        root_key=public_bytes(organisation.root),
        card=organisation.signed_card(),
    )
    return Settings(
        card=card,
        root_key=public_bytes(organisation.root),
        log_key=log_key,
        data=folder / "data",
        bundle=stamped,
        port=port,
        reserve_bytes=0,
    )


@contextmanager
def running_gate(organisation: Organisation, *, folder: Path, port: int) -> Iterator[str]:
    """Serve ``organisation`` and yield the origin."""
    settings = _settings(organisation, folder=folder, port=port)
    process = multiprocessing.get_context("fork").Process(target=serve_gate, args=(settings,))
    process.start()
    origin = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(origin)
        yield origin
    finally:
        process.terminate()
        process.join(timeout=20)


def _wait_until_up(origin: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{origin}/api/time", timeout=1):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError(origin)


def texts(language: str) -> dict[str, str]:
    data: dict[str, str] = json.loads((TEXTS / f"{language}.json").read_text("utf-8"))
    return data
