"""Hands out an evidence package, after the verifier that a court uses has passed it.

What is refused leaves nothing behind but lines of custody that copies were begun. What is handed
out stands in custody and in the audit log.
Source: ``spec/evidence-package.md``, ``spec/policy.md``; PROTOCOL 27, 28.
"""

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import transaction

from aigaq.accounts import selectors as accounts
from aigaq.accounts.selectors import Staff
from aigaq.age import KeyTextError, X25519Recipient, parse_recipient
from aigaq.consent import selectors as consent
from aigaq.consent.errors import NoConsent
from aigaq.core import audit
from aigaq.core.temporary import temporary_folder
from aigaq.evidence import services as evidence
from aigaq.evidence.documents import build_documents
from aigaq.evidence.package_archive import write_archive
from aigaq.evidence.package_contents import build_package_json
from aigaq.evidence.package_shapes import Package
from aigaq.evidence.package_writer import write_package
from aigaq.evidence.shapes import AtCommandLine, Who
from aigaq.intake import proofs
from aigaq.intake.errors import PackageRefused
from aigaq.intake.locked_files import read_locked_files
from aigaq.intake.log_policy import build_policy
from aigaq.intake.log_watch import open_source, open_store
from aigaq.intake.package_gathering import (
    Gathered,
    LogHead,
    PackageChoice,
    check_choice,
    gather_package,
    list_chosen,
)
from aigaq.intake.stripping import find_leaving_sha256, strip_items
from aigaq.intake.unfinished import remove, unfinished
from aigaq.intake.watched_head import WatchedHead as WatchedHead
from aigaq.sealing.card import Card
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import Ed25519Verifier, TlogError, keep_lines, open_checkpoint
from aigaq.tlog.notes import MAXIMUM_NOTE_BYTES
from aigaq.watching.errors import WatchError
from aigaq.watching.sources import Source
from aigaq.watching.store import Leaves
from aigaq_verify.errors import VerifyError
from aigaq_verify.packages import verify_package
from aigaq_verify.policy import parse_policy
from aigaq_verify.verdict import FAILED, Verdict

#: What an archive needs besides its items: papers, custody, proofs.
SLACK_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Leaving:
    """An item that is in a package, with the SHA-256 of its bytes as disclosed in plain.

    Those are the bytes of its copy without hidden details, if that leaves in its place.
    """

    report_id: bytes
    number: int
    sha256: bytes


@dataclass(frozen=True)
class Made:
    """A package that our verifier passed and that nobody got yet.

    ``control`` is the SHA-256 of ``evidence/package.json``, ``seal`` that of the tag manifest, over
    every file; both in hex.
    """

    path: Path
    control: str
    seal: str
    verdict: Verdict
    leaving: tuple[Leaving, ...]


@dataclass(frozen=True)
class Exported:
    """What was handed out."""

    path: Path
    items: int
    control: str
    seal: str
    verdict: str


class NotVerified(PackageRefused):
    """Our own verifier refuses what the desk made; ``verdict`` says where."""

    def __init__(self, verdict: Verdict) -> None:
        failed = next(step for step in verdict.steps if step.result == FAILED)
        super().__init__("package.not_verified", step=failed.number, found=failed.code)
        self.verdict = verdict


class Watcher(Protocol):
    """Hears how far the work is. What it raises breaks the work off and leaves nothing behind."""

    def begin(self, stage: str, *, total_bytes: int) -> None:
        """A stage begins: ``writing``, ``packing`` or ``checking``."""

    def count(self, size_bytes: int, /) -> None:
        """So many bytes more are done."""


class NobodyWatches:
    """Hears nothing."""

    def begin(self, stage: str, *, total_bytes: int) -> None:
        """Do nothing."""

    def count(self, size_bytes: int, /) -> None:
        """Do nothing."""


def export_package(
    *, actor: Staff, choice: PackageChoice, target: Path, head: LogHead, by: Who = None
) -> Exported:
    """Write the package of ``choice`` to ``target``, a new folder or a new ``*.zip``, on record.

    ``by`` is who custody names, if not ``actor``. Raises what `make_package`, `record_handed_out`
    and `unfinished` raise; then nothing is there, and custody says that a copy was begun.
    """
    by = by or actor
    with unfinished(target) as path:
        made = make_package(actor=actor, choice=choice, target=path, head=head, by=by)
        record_handed_out(
            actor=by,
            leaving=made.leaving,
            purpose=choice.purpose,
            audience=choice.audience,
            seal=made.seal,
        )
    return Exported(target, len(made.leaving), made.control, made.seal, made.verdict.outcome)


def make_package(
    *,
    actor: Staff,
    choice: PackageChoice,
    target: Path,
    head: LogHead,
    watcher: Watcher | None = None,
    by: Who = None,
) -> Made:
    """Write the package of ``choice`` to ``target`` and have our verifier pass it.

    That a copy is begun stands in custody before its first byte. It is not handed out by that:
    `record_handed_out` asks for consent once more. Only gathering is one transaction; the writing
    of gigabytes holds up nobody. An archive is put together in memory. Raises what `gather_package`
    and `strip_items` raise; `EvidenceError` ``item.*``; `PackageRefused` ``package.exists``,
    ``package.too_large_to_pack``, `NotVerified`; `BlobError`; `OSError` as the disk does. Then
    nothing is there.
    """
    watcher = watcher or NobodyWatches()
    if target.exists():
        raise PackageRefused("package.exists")
    check_choice(actor=actor, choice=choice)
    strip_items(list_chosen(choice))
    gathered = _begin(actor=actor, choice=choice, head=head, by=by or actor)
    documents = build_documents(
        gathered.package, is_trial=gathered.is_trial, languages=choice.languages
    )
    package = replace(gathered.package, documents=documents)
    try:
        seal = _write(package, target=target, watcher=watcher)
        watcher.begin("checking", total_bytes=_count_bytes(package))
        verdict = _check(target)
    except BaseException:
        remove(target)
        raise
    control = hashlib.sha256(build_package_json(package)).hexdigest()
    leaving = tuple(Leaving(one.report_id, one.item_number, one.sha256) for one in package.items)
    return Made(target, control, seal, verdict, leaving)


def _check(target: Path) -> Verdict:
    """Return the verdict without a policy, after one under the policy that we hand to others.

    What is false under that one is false for whoever has it: without a policy nobody looks at
    cosignatures. Raises `NotVerified`.
    """
    verdict = verify_package(target, policy=None)
    # One that the verifier does not read is for `aigaq log policy` to say.
    with suppress(VerifyError):
        policy = parse_policy(build_policy().text.encode("utf-8"))
        under_ours = verify_package(target, policy=policy)
        verdict = under_ours if under_ours.has_failed else verdict
    if verdict.has_failed:
        raise NotVerified(verdict)
    return verdict


@transaction.atomic
def _begin(*, actor: Staff, choice: PackageChoice, head: LogHead, by: Who) -> Gathered:
    """Record that copies are begun and gather what they are of: the package says so itself."""
    for item in list_chosen(choice):
        evidence.record_custody(
            "copied",
            by=by,
            report_id=item.report_id,
            item_number=item.number,
            sha256=find_leaving_sha256(item),
            note=f"package {choice.purpose} {choice.audience}",
        )
    return gather_package(actor=actor, choice=choice, head=head)


def _write(package: Package, *, target: Path, watcher: Watcher) -> str:
    """Write a package as a folder, or as an archive by way of memory; return its seal in hex."""
    size = _count_bytes(package)
    if target.suffix.lower() != ".zip":
        return _write_folder(package, folder=target, watcher=watcher)
    with temporary_folder() as memory:
        if size + SLACK_BYTES > shutil.disk_usage(memory).free:
            raise PackageRefused("package.too_large_to_pack")
        seal = _write_folder(package, folder=memory / "package", watcher=watcher)
        watcher.begin("packing", total_bytes=size)
        write_archive(memory / "package", target=target, on_bytes=watcher.count)
    return seal


def _write_folder(package: Package, *, folder: Path, watcher: Watcher) -> str:
    watcher.begin("writing", total_bytes=_count_bytes(package))
    write_package(package, folder=folder, desk_key=accounts.get_desk_key(), on_bytes=watcher.count)
    return hashlib.sha256((folder / "tagmanifest-sha256.txt").read_bytes()).hexdigest()


def _count_bytes(package: Package) -> int:
    return sum(item.size_bytes for item in package.items)


@transaction.atomic
def record_handed_out(
    *,
    actor: Staff | AtCommandLine,
    leaving: Sequence[Leaving],
    purpose: str,
    audience: str,
    seal: str,
) -> None:
    """Record that items leave in a package; consent is asked in the same transaction.

    The audit log names nobody who did not sign in.

    Raises `PackageRefused` ``consent.missing``, ``consent.withdrawn``, ``consent.expired``.
    """
    for item in leaving:
        try:
            consent.require(item.report_id, item.number, purpose, audience)
        except NoConsent as error:
            raise PackageRefused(error.code, number=item.number) from None
        evidence.record_custody(
            "exported",
            by=actor,
            report_id=item.report_id,
            item_number=item.number,
            sha256=item.sha256,
            note=f"{purpose} {audience} {seal}",
        )
    context: dict[str, object] = {"items": len(leaving), "purpose": purpose}
    known = None if isinstance(actor, AtCommandLine) else actor
    if isinstance(actor, AtCommandLine):
        context["said_to_be"] = "" if actor.said_to_be is None else str(actor.said_to_be.pk)
    audit.record(
        "intake.package_exported",
        actor=known,
        kind="package",
        subject_id=seal,
        context=context,
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
        with open_source(files) as source:
            return read_newest(source, card=files.card, leaves=leaves)
    except (WatchError, TlogError):
        raise PackageRefused("package.no_log") from None


def read_newest(source: Source, *, card: Card, leaves: Leaves) -> WatchedHead:
    """Return the newest head of the log with its own signature, and with no line of anybody else.

    What the gate adds to it nobody checked, and a court could know a key of that name: then the
    package would be false there. Raises `WatchError`, `TlogError`; ``package.no_log``.
    """
    data = source.get("/log/checkpoint", limit=MAXIMUM_NOTE_BYTES)
    if data is None:
        raise PackageRefused("package.no_log")
    signer = Ed25519Verifier(card.log_origin, card.log_key)
    signed = open_checkpoint(data, origin=card.log_origin, verifiers=[signer])
    head, note = signed.checkpoint, keep_lines(signed.note, verifiers=[signer])
    if head.size > leaves.size or leaves.tree(size=head.size).root() != head.root:
        raise PackageRefused("package.no_log")
    return WatchedHead(note.encode(), head.size, leaves)


def read_recipient(value: object) -> X25519Recipient | None:
    """Return the key of one person, None for none. Raises ``package.bad_recipient``."""
    if value is None:
        return None
    try:
        recipient = parse_recipient(str(value))
    except KeyTextError:
        recipient = None
    if not isinstance(recipient, X25519Recipient):
        raise PackageRefused("package.bad_recipient")
    return recipient
