"""Hands out an evidence package, after the verifier that a court uses has passed it.

What is refused leaves nothing behind. What is handed out stands in custody and in the audit log.
Source: ``spec/evidence-package.md``, ``spec/policy.md``; PROTOCOL 27, 28.
"""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from aigaq.accounts import selectors as accounts
from aigaq.accounts.selectors import Staff
from aigaq.age import KeyTextError, X25519Recipient, parse_recipient
from aigaq.core import audit
from aigaq.core.commands import Answer, Arguments
from aigaq.evidence import services as evidence
from aigaq.evidence.documents import build_documents
from aigaq.evidence.package_archive import write_archive
from aigaq.evidence.package_contents import build_package_json
from aigaq.evidence.package_writer import write_package
from aigaq.intake import proofs
from aigaq.intake.errors import NotFound, PackageRefused
from aigaq.intake.locked_files import LockedFiles, read_locked_files
from aigaq.intake.log_watch import open_source, open_store
from aigaq.intake.package_gathering import Gathered, LogHead, PackageChoice, gather_package
from aigaq.intake.timestamp_tasks import stamp_for_package
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import Ed25519Verifier, TlogError, open_checkpoint
from aigaq.tlog.notes import MAXIMUM_NOTE_BYTES
from aigaq.watching.errors import WatchError
from aigaq.watching.store import Leaves
from aigaq_verify.packages import verify_package
from aigaq_verify.verdict import FAILED


@dataclass(frozen=True)
class WatchedHead:
    """A head over the entries that the desk's own watcher read and proved."""

    note: bytes
    size: int
    leaves: Leaves

    def find(self, leaf: bytes) -> int | None:
        """Return where an entry of this leaf hash stands under this head."""
        index = self.leaves.find(leaf)
        return index if index is not None and index < self.size else None

    def prove(self, index: int) -> Sequence[bytes]:
        """Return the inclusion path of an entry."""
        return self.leaves.tree(size=self.size).prove_inclusion(index)


@dataclass(frozen=True)
class Exported:
    """What was handed out. ``seal`` is the SHA-256 of the tag manifest, over every file."""

    path: Path
    items: int
    control: str
    seal: str
    verdict: str


def export_package(*, actor: Staff, choice: PackageChoice, target: Path, head: LogHead) -> Exported:
    """Write the package of ``choice`` to ``target``, a new folder or a new file ``*.zip``.

    Raises what `gather_package` raises; `EvidenceError` ``package.exists``, ``item.*``;
    `PackageRefused` ``package.not_verified``; `OSError` as the disk does. Then nothing is there.
    """
    is_archive = target.suffix.lower() == ".zip"
    folder = target.with_name(f".{target.name}.unfinished") if is_archive else target
    was_there = target.exists() or folder.exists()
    if was_there:
        raise PackageRefused("package.exists")
    try:
        with transaction.atomic():
            gathered = gather_package(actor=actor, choice=choice, head=head)
            documents = build_documents(gathered.package, is_trial=gathered.is_trial)
            package = replace(gathered.package, documents=documents)
            write_package(package, folder=folder, desk_key=accounts.get_desk_key())
            seal = hashlib.sha256((folder / "tagmanifest-sha256.txt").read_bytes()).hexdigest()
            if is_archive:
                write_archive(folder, target=target)
            verdict = _verify(target)
            control = hashlib.sha256(build_package_json(package)).hexdigest()
            _record(gathered, actor=actor, choice=choice, seal=seal)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if is_archive:
            target.unlink(missing_ok=True)
        raise
    if is_archive:
        shutil.rmtree(folder)
    return Exported(target, len(package.items), control, seal, verdict)


def _verify(target: Path) -> str:
    """Run the court's verifier over our own package; without a policy it never says *verified*."""
    verdict = verify_package(target, policy=None)
    failed = [step for step in verdict.steps if step.result == FAILED]
    if failed:
        raise PackageRefused("package.not_verified", step=failed[0].number, found=failed[0].code)
    return verdict.outcome


def _record(gathered: Gathered, *, actor: Staff, choice: PackageChoice, seal: str) -> None:
    for item in gathered.items:
        evidence.record_custody(
            "exported",
            by=actor,
            report_id=item.report_id,
            item_number=item.number,
            sha256=item.sha256,
            note=f"{choice.purpose} {choice.audience} {seal}",
        )
    audit.record(
        "intake.package_exported",
        actor=actor,
        kind="package",
        subject_id=seal,
        context={"items": len(gathered.items), "purpose": choice.purpose},
    )


def read_head() -> LogHead:
    """Return the newest head that the card's cosigners signed, or else the newest of the log.

    Raises `PackageRefused` ``package.no_log`` if the gate cannot be read, or shows another log than
    the one that this desk watched.
    """
    files = read_locked_files(settings.HOME)
    leaves = open_store(settings.HOME, log_origin=files.card.log_origin).read_leaves()
    try:
        cosigned = proofs.fetch_cosigned(files) if read_cosigners(files.card) else None
        if cosigned is not None and proofs.is_ours(cosigned, leaves=leaves):
            signed = cosigned.signed
            return WatchedHead(signed.note.encode(), signed.checkpoint.size, leaves)
        return _read_newest(files, leaves=leaves)
    except (WatchError, TlogError):
        raise PackageRefused("package.no_log") from None


def _read_newest(files: LockedFiles, *, leaves: Leaves) -> LogHead:
    card = files.card
    with open_source(files) as source:
        data = source.get("/log/checkpoint", limit=MAXIMUM_NOTE_BYTES)
    if data is None:
        raise PackageRefused("package.no_log")
    signer = Ed25519Verifier(card.log_origin, card.log_key)
    head = open_checkpoint(data, origin=card.log_origin, verifiers=[signer]).checkpoint
    if head.size > leaves.size or leaves.tree(size=head.size).root() != head.root:
        raise PackageRefused("package.no_log")
    return WatchedHead(data, head.size, leaves)


def run_export_command(arguments: Arguments) -> Answer:
    """Hand out a package for `aigaq evidence export`."""
    choice = PackageChoice(
        register_numbers=tuple(_read_numbers(arguments.get("reports"))),
        items=None if arguments.get("items") is None else tuple(_read_numbers(arguments["items"])),
        purpose=str(arguments.get("purpose", "")),
        audience=str(arguments.get("audience", "")),
        sealed_to=_read_recipient(arguments.get("sealed_to")),
    )
    actor, head = _find_actor(arguments.get("by")), read_head()
    stamp_for_package(head.note)
    exported = export_package(
        actor=actor, choice=choice, target=Path(str(arguments.get("out", ""))), head=head
    )
    return {
        "control": exported.control,
        "items": exported.items,
        "path": str(exported.path),
        "seal": exported.seal,
        "verdict": exported.verdict,
    }


def _find_actor(username: object) -> Staff:
    """Return who hands out: the one named, or the only one who is here."""
    people = [one for one in accounts.list_staff() if one.is_active]
    if username is not None:
        people = [one for one in people if one.get_username() == username]
    if len(people) != 1:
        raise NotFound
    return people[0]


def _read_numbers(value: Any) -> list[int]:
    if not isinstance(value, list) or not all(isinstance(one, int) for one in value):
        raise NotFound
    return list(value)


def _read_recipient(value: Any) -> X25519Recipient | None:
    if value is None:
        return None
    try:
        recipient = parse_recipient(str(value))
    except KeyTextError:
        recipient = None
    if not isinstance(recipient, X25519Recipient):
        raise PackageRefused("package.bad_recipient")
    return recipient
