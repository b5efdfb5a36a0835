"""Write the vector packages of spec/vectors/evidence-package/, each once: they are kept for good.

    python -m scripts.make_package_vector

One that is there is left: keys, salts and ML-DSA signatures are random, so a second run gives
another package. A later form of packages gets a folder of its own beside it. ``v1`` holds what
packages held at first, ``v1-renewed`` renewals and a chain of cards, ``v1-copies`` copies without
hidden details and a report that was told to staff, ``v1-earlier`` an earlier stamped head.
"""

import io
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from PIL import Image
from tests.aged import EARLY, LATE, build_aged
from tests.courthouse import AT, Authority, Court
from tests.renewed import renew, stamp
from tests.token_maker import Maker

from aigaq.age import X25519Identity
from aigaq.evidence.custody_lines import hash_line, hide_line
from aigaq.evidence.documents import build_documents
from aigaq.evidence.package_shapes import ConsentChange, StaffGrant
from aigaq.evidence.package_writer import write_package
from aigaq.redaction.strip import open_stripped
from aigaq.sealing.card import build_card
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.signed_json import build_signed_json

FOLDER = Path(__file__).resolve().parent.parent / "spec/vectors/evidence-package"
#: Whoever reads this opens the sealed item of the vector.
RECIPIENT = X25519Identity(bytes(range(32)))


def main() -> int:
    """Write packages and policies. Return the exit code."""
    missing = [name for name in VECTORS if not (FOLDER / name).exists()]
    for name in missing:
        with tempfile.TemporaryDirectory() as temporary:
            VECTORS[name](Path(temporary))
    if not missing:
        print(f"{FOLDER} has all and is kept", file=sys.stderr)
    return 0 if missing else 1


def write_first(temporary: Path) -> None:
    """Two reports, three of four items shown, one of them sealed; a token; every kind of line."""
    court = Court(temporary / "court")
    first = court.add_report(
        [
            ("Фото әіңғүұқөһ.jpg", bytes(range(256)) * 3),
            ("жасырын.txt", b"This fictional item is not shown.\n"),
            ("голос.ogg", b"OggS, fictional. " * 40),
        ]
    )
    court.add_report([("empty.txt", b"")])
    court.publish()
    court.record("exported", None, None)
    authority = Authority(temporary / "authority", name="Fictional timestamp authority")
    _, note = court.checkpoint()
    token = authority.token(note.rpartition(b"\n\n")[0] + b"\n")
    package = court.package(tokens=[token])
    photo, hidden, voice, empty = package.items
    lines = [
        hide_line(sequence=number, line_sha256=hash_line(line)) if number == 2 else line
        for number, line in enumerate(package.custody_lines, start=1)
    ]
    assert hidden.sha256.hex().encode() in package.custody_lines[1]
    package = replace(
        package,
        made_at=AT + timedelta(days=3),
        identifier="fictional-vector-v1",
        organisation="A fictional team",
        items=(photo, replace(voice, sealed_to=RECIPIENT.recipient), empty),
        staff_grants=(
            StaffGrant(
                report_id=first.report.report_id,
                purpose="publish",
                audience="public",
                items=None,
                by="A fictional caseworker",
                how="in a fictional meeting",
                granted_at=AT + timedelta(days=1),
            ),
        ),
        changes=(_withdraw_keeping(court),),
        custody_lines=tuple(lines),
        documents={},
    )
    package = replace(package, documents=build_documents(package, is_trial=True))
    write_package(package, folder=FOLDER / "v1", desk_key=court.organisation.desk)
    court.write_policy(
        FOLDER / "v1.policy.json",
        timestamp_authorities=[{"certificates": authority.root_pem, "name": authority.name}],
        require={"cosigned": True, "timestamps": 1},
    )


def _withdraw_keeping(court: Court) -> ConsentChange:
    """Return a signed message that takes another grant back than the one that is used."""
    sealed = court.sealed[0]
    key = sealed.report.manifest.mailbox_key
    members = {
        "body": {"consents": [0], "report_id": sealed.report.report_id.hex()},
        "direction": "to_desk",
        "first_commitment": sealed.report.commitment.hex(),
        "format": "aigaq/message/v1",
        "heads": {"to_desk": {"sequence": 0, "sha256": bytes(32).hex()}},
        "kind": "withdraw_consent",
        "mailbox_key": encode_base64(key),
        "previous": bytes(32).hex(),
        "sent_at": "2026-05-05T09:00:00Z",
        "sequence": 1,
        "sign": "a",
        "team_id": court.organisation.card.team_id.hex(),
    }
    return ConsentChange(key, build_signed_json(members, key=sealed.keys.key).decode())


def write_renewed(temporary: Path) -> None:
    """Three cards; of three authorities one's token is renewed, one's ended, one's lives long.

    The first authority's signer ended in August 2026, after its token was renewed with the list of
    revoked certificates of that day, by a second one, whose chain ends in 2126. The third has RSA
    keys, its signer's certificate a PSS signature, and was not renewed.
    """
    court = Court(temporary / "court")
    court.add_report([("Фото.jpg", bytes(range(256)) * 2)])
    court.publish()
    _, note = court.checkpoint()
    text = note.rpartition(b"\n\n")[0] + b"\n"
    ended, far = datetime(2026, 8, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)
    at, renewed_at = AT + timedelta(days=3), ended - timedelta(days=20)
    first = Maker(name="Fictional authority A", end=ended, authority_end=far)
    second = Maker(
        name="Fictional authority B", kind="p384", digest="sha384", end=far, authority_end=far
    )
    third = Maker(name="Fictional authority C", kind="rsa3072", end=ended)
    third.signer = third.sign_certificate(key=third.signer.key, pss=True)
    listed = first.build_list(
        at=renewed_at, revoked=[(7, at, None), (9, at, x509.ReasonFlags.superseded)]
    )
    token = stamp(first, text, at=at, lists=[listed])
    token = replace(token, renewals=(renew([token], second, text=text, at=renewed_at),))
    organisation = court.organisation
    cards = {
        version: build_card(
            replace(organisation.card, version=version, signed_at=AT + timedelta(days=version)),
            root_key=organisation.root,
        )
        for version in (1, 2, 3)
    }
    package = court.package(tokens=[token, stamp(third, text, at=at)])
    package = replace(
        package,
        made_at=ended + timedelta(days=30),
        identifier="fictional-vector-v1-renewed",
        organisation="A fictional team",
        cards=cards,
        documents={},
    )
    package = replace(package, documents=build_documents(package, is_trial=True))
    write_package(package, folder=FOLDER / "v1-renewed", desk_key=organisation.desk)
    court.write_policy(
        FOLDER / "v1-renewed.policy.json",
        timestamp_authorities=[
            {"certificates": one.root.pem, "name": one.name} for one in (first, second, third)
        ],
        require={"cosigned": True, "timestamps": 1},
    )


def write_copies(temporary: Path) -> None:
    """A report told to staff by phone, of which two photos leave as copies, one of them sealed.

    A second report, by a reporter's own hand, has a photo that is what came.
    """
    court = Court(temporary / "court")
    photos = [build_photo(colour) for colour in ("red", "blue")]
    told = court.add_report(
        [("Фото 1.jpg", photos[0]), ("Фото 2.jpg", photos[1])], answers=[(202, "phone")]
    )
    for number, photo in enumerate(photos):
        with open_stripped(chunks=[photo], size_bytes=len(photo)) as stripped:
            court.derive(told, number, stripped.content.read(stripped.size_bytes))
    court.add_report([("Фото 3.jpg", photos[0])])
    court.publish()
    package = court.package()
    first, second = (replace(one, provenance="received") for one in package.items[:2])
    third = package.items[2]
    package = replace(
        package,
        made_at=AT + timedelta(days=3),
        identifier="fictional-vector-v1-copies",
        items=(first, replace(second, sealed_to=RECIPIENT.recipient), third),
        grants=tuple(one for one in package.grants if one.purpose == "prove"),
        documents={},
    )
    package = replace(package, documents=build_documents(package, is_trial=True))
    write_package(package, folder=FOLDER / "v1-copies", desk_key=court.organisation.desk)
    court.write_policy(FOLDER / "v1-copies.policy.json")


def build_photo(colour: str) -> bytes:
    """Return a picture that says which fictional phone took it, and where."""
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x010F], exif[0x8825] = "FictionalPhoneMaker", {1: "N", 2: (43.0, 14.0, 0.0)}
    Image.new("RGB", (32, 24), colour).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def write_earlier(temporary: Path) -> None:
    """Two reports of 2026, handed out in 2035 with the head that two authorities stamped at first.

    Of the first one's token the signer ended that summer, after it was renewed by the second one.
    """
    aged = build_aged(temporary / "court")
    first, second = aged.earlier.tokens
    tokens = (replace(first, since=EARLY), replace(second, since=EARLY + timedelta(days=1)))
    package = aged.court.package(
        **aged.package(
            documents={},
            earlier=(replace(aged.earlier, tokens=tokens),),
            identifier="fictional-vector-v1-earlier",
            tokens=[replace(aged.late, since=LATE + timedelta(hours=1))],
        )
    )
    package = replace(package, documents=build_documents(package, is_trial=True))
    write_package(package, folder=FOLDER / "v1-earlier", desk_key=aged.court.organisation.desk)
    aged.court.write_policy(
        FOLDER / "v1-earlier.policy.json",
        timestamp_authorities=aged.trusted(),
        require={"cosigned": True, "timestamps": 1},
    )


VECTORS = {
    "v1": write_first,
    "v1-renewed": write_renewed,
    "v1-copies": write_copies,
    "v1-earlier": write_earlier,
}

if __name__ == "__main__":
    sys.exit(main())
