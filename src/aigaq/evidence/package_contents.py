"""What a package says of itself: ``package.json``, ``consent.json``, and where its files lie.

Every byte follows from the `Package`, so that documents for people can name the hash of
``package.json`` before anything is written. Source: ``spec/evidence-package.md``.
"""

from collections.abc import Sequence

from aigaq.clock import format_time
from aigaq.evidence.file_names import make_safe_name
from aigaq.evidence.merkle_paths import build_leaf_path
from aigaq.evidence.package_shapes import (
    DerivedFrom,
    Json,
    Package,
    PackagedGrant,
    PackagedItem,
    PackagedReport,
    PackagedToken,
    StaffGrant,
    ToldToStaff,
)
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.log_entries import build_opening

PACKAGE_JSON = "evidence/package.json"
CONSENT_JSON = "evidence/consent.json"
CUSTODY_LINES = "evidence/custody.jsonl"
CUSTODY_PROOF = "evidence/custody.tlog-proof"


def checkpoint_path(package: Package) -> str:
    """Return where the checkpoint lies."""
    return f"evidence/checkpoints/{package.checkpoint_size}.checkpoint"


def item_path(item: PackagedItem, *, number: int) -> str:
    """Return where an item's bytes lie, open or sealed."""
    if item.sealed_to is not None:
        return f"data/items/{number:04d}.age"
    return f"data/items/{number:04d}/{make_safe_name(item.name)}"


def proof_path(report: PackagedReport) -> str:
    """Return where the proof of a report lies."""
    return f"evidence/reports/{report.report_id.hex()}/proof.tlog-proof"


def earlier_path(size: int) -> str:
    """Return where an earlier head lies."""
    return f"evidence/checkpoints/{size}.checkpoint"


def earlier_proof_path(report: PackagedReport, *, size: int) -> str:
    """Return where the proof of a report under an earlier head lies."""
    return f"evidence/reports/{report.report_id.hex()}/{size}.tlog-proof"


def list_rows(package: Package) -> list[tuple[str, PackagedToken]]:
    """Return all tokens in the order of their numbers, each with the checkpoint that it is over."""
    rows = [(checkpoint_path(package), token) for token in package.tokens]
    for head in package.earlier:
        rows += [(earlier_path(head.size), token) for token in head.tokens]
    return rows


def token_paths(number: int, *, renewal: int = 0) -> tuple[str, str]:
    """Return where a token and its chain lie; ``renewal`` counts from 1, 0 is the first token."""
    stem = _token_stem(number, renewal=renewal)
    return f"{stem}.tsr", f"{stem}.chain.pem"


def list_paths(token: PackagedToken, *, number: int, renewal: int = 0) -> list[str]:
    """Return where the lists of revoked certificates of a token lie."""
    stem = _token_stem(number, renewal=renewal)
    return [f"{stem}.list-{place:02d}.crl" for place in range(1, len(token.lists) + 1)]


def _token_stem(number: int, *, renewal: int) -> str:
    return f"evidence/tokens/{number:02d}" + (f".renewal-{renewal:02d}" if renewal else "")


def build_package_json(package: Package) -> bytes:
    """Return ``evidence/package.json``."""
    leaves = {report.report_id: report.leaves for report in package.reports}
    contents: Json = {
        "audience": package.audience,
        "checkpoint": checkpoint_path(package),
        "custody": _custody(package),
        "format": "aigaq/package/v1",
        "items": [
            _item(item, number=number, leaves=leaves[item.report_id])
            for number, item in enumerate(package.items, start=1)
        ],
        "made_at": format_time(package.made_at),
        "purpose": package.purpose,
        "reports": [_report(report) for report in package.reports],
        "root_key": encode_base64(package.root_key),
        "team_id": package.team_id.hex(),
        "tokens": [
            _token(token, number=number, checkpoint=over)
            for number, (over, token) in enumerate(list_rows(package), start=1)
        ],
    }
    if package.earlier:
        contents["earlier"] = [
            {
                "checkpoint": earlier_path(head.size),
                "proofs": [
                    earlier_proof_path(report, size=head.size) for report in package.reports
                ],
            }
            for head in package.earlier
        ]
    return build_json(contents) + b"\n"


def _token(token: PackagedToken, *, number: int, checkpoint: str) -> Json:
    return {
        **_stamp(token, number=number),
        "checkpoint": checkpoint,
        "renewals": [
            _stamp(one, number=number, renewal=place)
            for place, one in enumerate(token.renewals, start=1)
        ],
    }


def _stamp(token: PackagedToken, *, number: int, renewal: int = 0) -> Json:
    path, chain = token_paths(number, renewal=renewal)
    lists = list_paths(token, number=number, renewal=renewal)
    return {"authority": token.authority, "chain": chain, "lists": lists, "token": path}


def _report(report: PackagedReport) -> Json:
    return {
        "commitment": report.commitment.hex(),
        "leaf_count": len(report.leaves),
        "log_index": report.log_index,
        "mailbox_key": encode_base64(report.mailbox_key),
        "proof": proof_path(report),
        "received_at": format_time(report.received_at),
        "register_number": report.register_number,
        "report_id": report.report_id.hex(),
        "root": report.root.hex(),
        "root_salt": encode_base64(report.root_salt),
    }


def _item(item: PackagedItem, *, number: int, leaves: Sequence[bytes]) -> Json:
    return {
        "derived_from": None if item.derived_from is None else _derived_from(item.derived_from),
        "item_number": item.item_number,
        "leaf_index": item.leaf_index,
        "leaf_path": [one.hex() for one in build_leaf_path(leaves, index=item.leaf_index)],
        "name": item.name,
        "number": number,
        "path": item_path(item, number=number),
        "provenance": item.provenance,
        "report_id": item.report_id.hex(),
        "salt": encode_base64(item.salt),
        "sealed_to": None if item.sealed_to is None else str(item.sealed_to),
        "sha256": item.sha256.hex(),
        "size": item.size_bytes,
        "type": item.media_type,
    }


def _derived_from(original: DerivedFrom) -> Json:
    return {
        "name": original.name,
        "recipe": original.recipe,
        "sha256": original.sha256.hex(),
        "size": original.size_bytes,
        "type": original.media_type,
    }


def _custody(package: Package) -> Json:
    logged = package.logged_head
    return {
        "count": len(package.custody_lines),
        "head": package.custody_head.hex(),
        "logged": None
        if logged is None
        else {
            "count": logged.count,
            "opening": build_opening(logged.opening),
            "proof": CUSTODY_PROOF,
        },
    }


def build_consent_json(package: Package) -> bytes:
    """Return ``evidence/consent.json``."""
    leaves = {report.report_id: report.leaves for report in package.reports}
    extract: Json = {
        "changes": [
            {"mailbox_key": encode_base64(one.mailbox_key), "message": one.message}
            for one in package.changes
        ],
        "format": "aigaq/consent-extract/v1",
        "grants": [_grant(one, leaves=leaves[one.report_id]) for one in package.grants],
        "staff_grants": [_staff_grant(one) for one in package.staff_grants],
    }
    if package.told:
        extract["told"] = [_told(one, leaves=leaves[one.report_id]) for one in package.told]
    return build_json(extract) + b"\n"


def _told(one: ToldToStaff, *, leaves: Sequence[bytes]) -> Json:
    return {
        "leaf_index": one.leaf_index,
        "leaf_path": [node.hex() for node in build_leaf_path(leaves, index=one.leaf_index)],
        "report_id": one.report_id.hex(),
        "salt": encode_base64(one.salt),
        "way": one.way,
    }


def _grant(grant: PackagedGrant, *, leaves: Sequence[bytes]) -> Json:
    return {
        "audience": grant.audience,
        "items": None if grant.items is None else list(grant.items),
        "leaf_index": grant.leaf_index,
        "leaf_path": [one.hex() for one in build_leaf_path(leaves, index=grant.leaf_index)],
        "number": grant.number,
        "purpose": grant.purpose,
        "report_id": grant.report_id.hex(),
        "salt": encode_base64(grant.salt),
    }


def _staff_grant(grant: StaffGrant) -> Json:
    return {
        "audience": grant.audience,
        "by": grant.by,
        "granted_at": format_time(grant.granted_at),
        "how": grant.how,
        "items": None if grant.items is None else list(grant.items),
        "purpose": grant.purpose,
        "report_id": grant.report_id.hex(),
    }
