"""The disclosed items of a package: each leaf under its report's root, each file under its leaf.

Source: ``spec/policy.md``, step 8; ``spec/evidence-package.md``.
"""

from collections.abc import Mapping

from aigaq_verify.contents import Contents, Item, Report
from aigaq_verify.encoding import hash_leaf
from aigaq_verify.errors import VerifyError
from aigaq_verify.merkle import check_inclusion
from aigaq_verify.sealed import check_sealed
from aigaq_verify.sources import Digest
from aigaq_verify.words import Told


def check_items(*, payload: Mapping[str, Digest], contents: Contents) -> list[Told]:
    """Check every item, and that no other file lies among them; say what stays unknown.

    ``payload``: what step 1 found of each file. Raises `VerifyError` ``item.*``, with the path.
    """
    reports = {report.report_id: report for report in contents.reports}
    for item in contents.items:
        try:
            _check_leaf(item, report=reports[item.report_id])
            _check_file(item, digest=payload.get(item.path))
        except VerifyError as error:
            raise error.at(item.path) from None
    disclosed = {item.path for item in contents.items}
    for name in sorted(payload):
        if name.startswith("data/items/") and name not in disclosed:
            raise VerifyError("item.unlisted", name)
    return _describe(contents)


def _check_leaf(item: Item, *, report: Report) -> None:
    original = item.original
    leaf = hash_leaf(
        "aigaq/report-leaf/v1",
        item.salt,
        "item",
        item.item_number,
        original.name,
        original.media_type,
        original.size,
        original.sha256,
    )
    check_inclusion(
        leaf=leaf,
        index=item.leaf_index,
        size=report.leaf_count,
        path=item.leaf_path,
        root=report.root,
        area="item",
    )


def _check_file(item: Item, *, digest: Digest | None) -> None:
    if digest is None:
        raise VerifyError("item.missing")
    if item.sealed_to is not None:  # What is in it is for who can open it to compare.
        check_sealed(
            digest.beginning,
            file_size=digest.size,
            item_size=item.size,
            recipient=item.sealed_to,
        )
        return
    if digest.size != item.size:
        raise VerifyError("item.wrong_size")
    if digest.sha256 != item.sha256:
        raise VerifyError("item.wrong_hash")


def _describe(contents: Contents) -> list[Told]:
    """Tell what a check of all items leaves unknown."""
    count, told = str(len(contents.items)), list[Told]()
    sealed = sum(item.sealed_to is not None for item in contents.items)
    copies = sum(item.derived_from is not None for item in contents.items)
    if sealed:
        told.append(("sealed_items", str(sealed), count))
    if copies:
        told.append(("copied_items", str(copies), count))
    return told
