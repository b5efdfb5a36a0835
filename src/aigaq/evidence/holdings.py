"""Whether the rows of the store still say what each report's commitment stands for.

The leaves give the commitment, each item gives its leaf, and each item has its files. So a row that
was changed, or an item that was taken out, is found without reading a file.
"""

from collections.abc import Iterator

from aigaq.accounts import selectors as accounts
from aigaq.evidence import models, register
from aigaq.evidence.shapes import FileKind, name_item
from aigaq.sealing.commitment import commit_root, item_leaf
from aigaq.sealing.encoding import merkle_root
from aigaq.sealing.header import HEADER

HASH_BYTES = 32


def split_leaves(joined: bytes) -> tuple[bytes, ...]:
    """Return leaf hashes that stand one behind the other."""
    return tuple(joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES))


def list_faults() -> Iterator[tuple[str, int, str | None]]:
    """Yield code, register number and item of everything that differs.

    ``audit.report_differs``, ``audit.item_differs``, ``audit.file_gone``.
    """
    team_id = bytes.fromhex(accounts.get_organisation().team_id)
    rows = models.FiledReport.objects.order_by("register_number").prefetch_related("items", "files")
    for row in rows.iterator(chunk_size=100):
        if not _is_registered(row) or not _has_its_header(row):
            yield "audit.report_differs", row.register_number, None
        elif row.root_salt is not None:
            yield from _compare_report(row, team_id=team_id)
        for item in row.items.all():
            if not item.fault and not _has_working_copy(row, item=item):
                named = name_item(report_id=bytes(row.report_id), item_number=item.number)
                yield "audit.file_gone", row.register_number, named


def _compare_report(
    row: models.FiledReport, *, team_id: bytes
) -> Iterator[tuple[str, int, str | None]]:
    leaves = split_leaves(bytes(row.leaves))
    commitment = leaves and commit_root(
        root=merkle_root(leaves),
        leaf_count=len(leaves),
        root_salt=bytes(row.root_salt or b""),
        team_id=team_id,
        mailbox_key=bytes(row.mailbox_key or b""),
    )
    came = sum(one.member.startswith("item-") for one in row.files.all() if one.member)
    if commitment != bytes(row.commitment or b"") or came != len(row.items.all()):
        yield "audit.report_differs", row.register_number, None
        return
    for item in row.items.all():
        leaf = item_leaf(
            number=item.number,
            salt=bytes(item.salt),
            name=item.name,
            media_type=item.type,
            size_bytes=item.size_bytes,
            sha256=bytes(item.sha256),
        )
        if (leaf,) != leaves[item.leaf_index : item.leaf_index + 1]:
            named = name_item(report_id=bytes(row.report_id), item_number=item.number)
            yield "audit.item_differs", row.register_number, named


def _is_registered(row: models.FiledReport) -> bool:
    """Tell whether the register says the same of a report; a missing line is told elsewhere."""
    line = models.RegisterLine.objects.filter(pk=row.register_number, line__isnull=False).first()
    if line is None:
        return True
    said = register.find_said(bytes(line.line or b""))
    commitment = None if row.commitment is None else bytes(row.commitment)
    return said is not None and (said.report_id, said.commitment) == (
        bytes(row.report_id),
        commitment,
    )


def _has_its_header(row: models.FiledReport) -> bool:
    """Tell whether the header that came is the one whose hash is the report id."""
    hashes = [bytes(one.sha256) for one in row.files.all() if one.member == HEADER]
    return hashes in ([], [bytes(row.report_id)])


def _has_working_copy(row: models.FiledReport, *, item: models.Item) -> bool:
    return any(one.item_id == item.pk and one.kind == FileKind.WORKING for one in row.files.all())
