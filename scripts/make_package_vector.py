"""Write the vector package of spec/vectors/evidence-package/, once: it is kept for all versions.

    python -m scripts.make_package_vector

Refuses if it is there: keys, salts and ML-DSA signatures are random, so a second run gives another
package. A later form of packages gets a folder of its own beside it.
"""

import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.courthouse import AT, Authority, Court

from aigaq.age import X25519Identity
from aigaq.evidence.custody_lines import hash_line, hide_line
from aigaq.evidence.documents import build_documents
from aigaq.evidence.package_shapes import ConsentChange, StaffGrant
from aigaq.evidence.package_writer import write_package
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.signed_json import build_signed_json

FOLDER = Path(__file__).resolve().parent.parent / "spec/vectors/evidence-package"
#: Whoever reads this opens the sealed item of the vector.
RECIPIENT = X25519Identity(bytes(range(32)))


def main() -> int:
    """Write package and policy. Return the exit code."""
    if (FOLDER / "v1").exists():
        print(f"{FOLDER / 'v1'} is there and is kept", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        write_vector(Path(temporary))
    return 0


def write_vector(temporary: Path) -> None:
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


if __name__ == "__main__":
    sys.exit(main())
