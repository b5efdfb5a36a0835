"""A package that is made nine years after its reports, with the head that was stamped at first.

Two authorities stamped the early head in 2026; the first one's signer ended that summer, after its
token was renewed. The package's own head was cosigned, and stamped by the second one, in 2035.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.courthouse import AT, Court
from tests.renewed import renew, stamp
from tests.token_maker import Maker

from aigaq.evidence.package_shapes import EarlierHead, PackagedToken

ENDED, FAR = datetime(2026, 8, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)
EARLY, LATE = AT + timedelta(days=1), datetime(2035, 3, 1, 9, 0, tzinfo=UTC)


@dataclass
class Aged:
    """A court, two makers of tokens, and what its package holds."""

    court: Court
    short: Maker
    long: Maker
    #: The early head as the desk kept it: size and note, with the log's signature alone.
    size: int
    note: bytes
    earlier: EarlierHead
    #: Over the package's own head.
    late: PackagedToken

    @property
    def text(self) -> bytes:
        return get_text(self.note)

    def package(self, **changes: Any) -> dict[str, Any]:
        """Return what `Court.package` needs for it."""
        members = {"earlier": (self.earlier,), "made_at": LATE, "tokens": [self.late]}
        return members | changes

    def trusted(self, *makers: Maker) -> list[dict[str, str]]:
        """Return these authorities, or both, as a policy names them."""
        return [
            {"certificates": one.root.pem, "name": one.name}
            for one in (makers or (self.short, self.long))
        ]


def get_text(note: bytes) -> bytes:
    return note.rpartition(b"\n\n")[0] + b"\n"


def build_aged(folder: Path) -> Aged:
    """Return a package of two reports, made in 2035."""
    court = Court(folder)
    court.add_report([("Фото.jpg", bytes(range(256)) * 2)])
    court.add_report([("дауыс.ogg", b"OggS fictional" * 9)])
    court.publish()
    size, _ = court.checkpoint()
    note = (court.log / "checkpoint").read_bytes()
    text = get_text(note)
    short = Maker(name="Fictional authority A", end=ENDED, authority_end=FAR)
    long = Maker(name="Fictional authority B", kind="p384", end=FAR, authority_end=FAR)
    first = stamp(short, text, at=EARLY)
    again = renew([first], long, text=text, at=ENDED - timedelta(days=20))
    tokens = [replace(first, renewals=(again,)), stamp(long, text, at=EARLY + timedelta(days=1))]
    for one in court.sealed:
        name = f"{one.report.report_id.hex()}/0"
        court.record("opened", name, one.report.manifest.items[0].sha256)
    court.publish()
    court.cosigned_at = int(LATE.timestamp())
    late = stamp(long, get_text(court.checkpoint()[1]), at=LATE + timedelta(hours=1))
    earlier = court.go_back(size, note, tokens=tokens)
    return Aged(court, short, long, size, note, earlier, late)
