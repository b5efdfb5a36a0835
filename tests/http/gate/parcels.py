"""Sealed reports taken apart and put together again, as somebody in between would."""

import hashlib
import io
from dataclasses import replace

from tests.gatehouse import Organisation, Parcel

from aigaq.sealing.container import ContainerWriter, iterate_container
from aigaq.sealing.header import Member, build_header
from aigaq.sealing.receipt_code import MailboxKeys


def members_of(parcel: Parcel) -> dict[str, bytes]:
    stream = io.BytesIO(parcel.body)
    return {one.name: one.read() for one in iterate_container(stream, with_items=False)}


def container(members: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    writer = ContainerWriter(body)
    for name, data in members.items():
        writer.begin(name, size=len(data))
        writer.write(data)
    writer.close()
    return body.getvalue()


def copy_for_a_thief(parcel: Parcel, *, organisation: Organisation, thief: MailboxKeys) -> Parcel:
    """Return the same ciphertexts and commitment under a header of somebody else's."""
    members = members_of(parcel)
    header = build_header(
        key=thief.key,
        mailbox_recipient=thief.recipient,
        team_id=organisation.card.team_id,
        commitment=parcel.commitment,
        members=[
            Member(name, hashlib.sha256(members[name]).digest(), len(members[name]))
            for name in ("manifest.age", "key.age")
        ],
    )
    return replace(parcel, body=container({**members, "header.json": header}))
