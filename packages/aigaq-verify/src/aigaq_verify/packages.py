"""The steps of a package, one function each, in the order of ``spec/policy.md``.

Trust comes from the policy alone. A later step never rescues an earlier one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aigaq_verify import consent, contents, custody
from aigaq_verify.anchors import Head, check_not_retired, open_head
from aigaq_verify.bag import NOTE, TAG_MANIFEST, Bag, check_bag
from aigaq_verify.cards import Card, check_chain, parse_card
from aigaq_verify.contents import Contents, Report
from aigaq_verify.encoding import format_time, hash_leaf, hash_parts
from aigaq_verify.errors import VerifyError
from aigaq_verify.merkle import check_inclusion, hash_entry
from aigaq_verify.notes import MAXIMUM_NOTE_BYTES, find_signers, parse_note, parse_proof
from aigaq_verify.policy import Policy
from aigaq_verify.sources import Source, open_source
from aigaq_verify.tokens import check_token
from aigaq_verify.verdict import NOT_ANCHORED, PASSED, Item, Verdict

_CARDS = "evidence/cards/"
_MAXIMUM_SMALL_BYTES = 1_048_576


@dataclass
class _Work:
    """What the steps hand on."""

    source: Source
    policy: Policy | None
    bag: Bag | None = None
    contents: Contents | None = None
    cards: Sequence[Card] = ()
    head: Head | None = None
    stamped_at: Sequence[datetime] = ()
    custody_note: str = ""

    @property
    def known(self) -> Contents:
        """What step 2 read."""
        if self.contents is None:
            raise VerifyError("package.bad_form")
        return self.contents


def verify_package(path: Path, *, policy: Policy | None) -> Verdict:
    """Return the verdict over the package at ``path``."""
    verdict = Verdict()
    source = verdict.run(0, "files", lambda: open_source(path))
    if source is None:
        return verdict
    work = _Work(source, policy)
    verdict.run(1, "bag", lambda: _check_bag(work))
    verdict.run(2, "policy", lambda: _check_policy(verdict, work))
    verdict.run(3, "card", lambda: _check_cards(work))
    verdict.run(4, "checkpoint", lambda: _check_checkpoint(verdict, work))
    verdict.run(5, "tokens", lambda: _check_tokens(verdict, work))
    verdict.run(6, "inclusion", lambda: _check_inclusion(work))
    verdict.run(7, "commitment", lambda: _check_commitments(work))
    verdict.run(8, "items", lambda: _check_items(work))
    verdict.run(9, "custody", lambda: _check_custody(verdict, work))
    verdict.run(10, "consent", lambda: _check_consent(verdict, work))
    verdict.run(11, "verdict", lambda: _conclude(verdict, work))
    return verdict


def _check_bag(work: _Work) -> None:
    work.bag = check_bag(work.source)
    data = work.source.read(contents.PATH, maximum_bytes=contents.MAXIMUM_BYTES)
    work.contents = contents.parse_contents(data)


def _check_policy(verdict: Verdict, work: _Work) -> None:
    if work.policy is None:
        words = "no policy was given: whose keys these are is not known"
        verdict.note(2, "policy", NOT_ANCHORED, words)
        return
    work.policy.check_root(work.known.root_key)


def _check_cards(work: _Work) -> None:
    """Read the chain of cards, and the desk's signature over the tag manifest."""
    names = sorted(name for name in work.source.names if name.startswith(_CARDS))
    cards = []
    for name in names:
        data = work.source.read(name, maximum_bytes=_MAXIMUM_SMALL_BYTES)
        try:
            card = parse_card(data, root_key=work.known.root_key)
        except VerifyError as error:
            raise error.at(name) from None
        if name != f"{_CARDS}{card.version:06d}.card":
            raise VerifyError("card.bad_form", name)
        cards.append(card)
    if not cards:
        raise VerifyError("card.missing", _CARDS)
    check_chain(cards)
    if any(card.team_id != work.known.team_id for card in cards):
        raise VerifyError("card.other_team", contents.PATH)
    work.cards = cards
    _check_tag_note(work)


def _check_tag_note(work: _Work) -> None:
    data = work.source.read(NOTE, maximum_bytes=MAXIMUM_NOTE_BYTES * 256)
    manifest = work.source.read(TAG_MANIFEST, maximum_bytes=MAXIMUM_NOTE_BYTES)
    note = parse_note(data)
    if note.text.encode("utf-8") != manifest:
        raise VerifyError("bag.other_note", NOTE)
    try:
        signers = find_signers(note, {card.desk for card in work.cards})
    except VerifyError as error:
        raise error.at(NOTE) from None
    if not signers:
        raise VerifyError("note.not_signed", NOTE)


def _check_checkpoint(verdict: Verdict, work: _Work) -> None:
    name = work.known.checkpoint
    data = work.source.read(name, maximum_bytes=MAXIMUM_NOTE_BYTES)
    try:
        work.head = open_head(data, cards=work.cards, policy=work.policy)
    except VerifyError as error:
        raise error.at(name) from None
    head = work.head
    if name != f"evidence/checkpoints/{head.checkpoint.size}.checkpoint":
        raise VerifyError("checkpoint.bad_form", name)
    seen = head.witnessed_at(work.policy)
    if seen is not None:
        words = f"{head.checkpoint.size} entries, cosigned by {format_time(seen)}"
        verdict.note(4, "checkpoint", PASSED, words)
    elif work.policy is None or work.policy.needs_quorum:
        words = "signed by the log; no quorum of cosigners that you trust"
        verdict.note(4, "checkpoint", NOT_ANCHORED, words)


def _check_tokens(verdict: Verdict, work: _Work) -> None:
    """Check every token; those of the policy's authorities, each once, anchor the head."""
    head = _head(work)
    authorities = work.policy.authorities if work.policy is not None else ()
    found: dict[str, datetime] = {}
    for files in work.known.tokens:
        if files.checkpoint != work.known.checkpoint:
            raise VerifyError("token.other_checkpoint", files.token)
        try:
            token = check_token(
                work.source.read(files.token, maximum_bytes=_MAXIMUM_SMALL_BYTES),
                text=head.note.text,
                chain_pem=_read_pem(work, files.chain),
                authorities=authorities,
            )
        except VerifyError as error:
            raise error.at(files.token) from None
        if token is not None:
            found.setdefault(token.authority, token.at)
    work.stamped_at = tuple(found.values())
    seen = head.witnessed_at(work.policy)
    check_not_retired(
        head,
        policy=work.policy,
        root_key=work.known.root_key,
        witnessed_at=[*work.stamped_at, *([seen] if seen is not None else [])],
    )
    needed = work.policy.needed_timestamps if work.policy is not None else 0
    words = f"{len(found)} of {len(work.known.tokens)} by authorities of the policy"
    result = PASSED if len(found) >= needed else NOT_ANCHORED
    verdict.note(5, "tokens", result, words)


def _read_pem(work: _Work, name: str) -> str:
    data = work.source.read(name, maximum_bytes=_MAXIMUM_SMALL_BYTES)
    return data.decode("ascii", errors="replace")


def _check_inclusion(work: _Work) -> None:
    for report in work.known.reports:
        entry = b"\x01" + report.commitment
        _check_proof(work, report.proof, entry=entry, index=report.log_index)


def _check_proof(work: _Work, name: str, *, entry: bytes, index: int | None) -> None:
    """Check a proof file against the head of step 4, and none other."""
    head = _head(work)
    try:
        proof = parse_proof(work.source.read(name, maximum_bytes=MAXIMUM_NOTE_BYTES * 2))
        if parse_note(proof.note).text != head.note.text:
            raise VerifyError("proof.other_checkpoint")
        if index is not None and proof.index != index:
            raise VerifyError("proof.wrong_index")
        check_inclusion(
            leaf=hash_entry(entry),
            index=proof.index,
            size=head.checkpoint.size,
            path=proof.path,
            root=head.checkpoint.root,
            area="proof",
        )
    except VerifyError as error:
        raise error.at(name) from None


def _check_commitments(work: _Work) -> None:
    for report in work.known.reports:
        if _commitment(report, team_id=work.known.team_id) != report.commitment:
            raise VerifyError("commitment.wrong", report.report_id.hex())


def _commitment(report: Report, *, team_id: bytes) -> bytes:
    return hash_parts(
        "aigaq/commitment/v1",
        report.root_salt,
        team_id,
        report.mailbox_key,
        report.leaf_count,
        report.root,
    )


def _check_items(work: _Work) -> None:
    """Check each item's leaf under its report's root, and its file against the leaf."""
    reports = {report.report_id: report for report in work.known.reports}
    payload = work.bag.payload if work.bag is not None else {}
    for item in work.known.items:
        report = reports[item.report_id]
        leaf = hash_leaf(
            "aigaq/report-leaf/v1",
            item.salt,
            "item",
            item.item_number,
            item.name,
            item.media_type,
            item.size,
            item.sha256,
        )
        try:
            check_inclusion(
                leaf=leaf,
                index=item.leaf_index,
                size=report.leaf_count,
                path=item.leaf_path,
                root=report.root,
                area="item",
            )
        except VerifyError as error:
            raise error.at(item.path) from None
        digest = payload.get(item.path)
        if digest is None:
            raise VerifyError("item.missing", item.path)
        if item.sealed_to is not None:
            continue  # What it holds is checked by who can open it.
        if digest.size != item.size:
            raise VerifyError("item.wrong_size", item.path)
        if digest.sha256 != item.sha256:
            raise VerifyError("item.wrong_hash", item.path)
    disclosed = {item.path for item in work.known.items}
    for name in sorted(payload):
        if name.startswith("data/items/") and name not in disclosed:
            raise VerifyError("item.unlisted", name)


def _check_custody(verdict: Verdict, work: _Work) -> None:
    data = work.source.read(custody.PATH, maximum_bytes=custody.MAXIMUM_BYTES)
    chain = custody.parse_chain(data)
    known = work.known
    if len(chain.heads) - 1 != known.custody_count or chain.heads[-1] != known.custody_head:
        raise VerifyError("custody.wrong_chain", custody.PATH)
    for item in known.items:
        told = chain.hashes.get(f"{item.report_id.hex()}/{item.item_number}", set())
        if item.sha256.hex() not in told:
            raise VerifyError("custody.no_event", item.path)
    logged = known.logged
    if logged is None:
        words = f"{known.custody_count} events in one chain; no head of it is in the log yet"
        verdict.note(9, "custody", NOT_ANCHORED, words, code="custody.not_logged")
        return
    if not logged.count < len(chain.heads):
        raise VerifyError("custody.wrong_chain", custody.PATH)
    value = (logged.count).to_bytes(8, "big")
    expected = hash_value(value, chain.heads[logged.count])
    if logged.kind != "custody_head" or logged.value != expected:
        raise VerifyError("custody.wrong_chain", custody.PATH)
    blinded = hash_parts("aigaq/leaf/v1", logged.kind, logged.salt, logged.value)
    _check_proof(work, logged.proof, entry=b"\x01" + blinded, index=None)
    after = known.custody_count - logged.count
    words = f"{known.custody_count} events in one chain, the first {logged.count} fixed by the log"
    verdict.note(9, "custody", PASSED, words if not after else f"{words}; {after} came after it")


def hash_value(count: bytes, head: bytes) -> bytes:
    """Return ‖(count, head), the value of a head's opening."""
    return len(count).to_bytes(8, "big") + count + len(head).to_bytes(8, "big") + head


def _check_consent(verdict: Verdict, work: _Work) -> None:
    data = work.source.read(consent.PATH, maximum_bytes=consent.MAXIMUM_BYTES)
    shown = consent.check_consent(data, contents=work.known)
    for item in work.known.items:
        words = f"SHA-256 {item.sha256.hex()}, {item.provenance}; {shown[item.number]}"
        if item.sealed_to is not None:
            words += f"; sealed to {item.sealed_to}: its bytes are for who can open it to check"
        verdict.items.append(Item(item.path, PASSED, words))


def _conclude(verdict: Verdict, work: _Work) -> None:
    result = NOT_ANCHORED if verdict.exit_code else PASSED
    seal = hashlib.sha256(work.source.read(TAG_MANIFEST, maximum_bytes=MAXIMUM_NOTE_BYTES))
    words = f"{len(work.known.items)} items; SHA-256 of the tag manifest {seal.hexdigest()}"
    verdict.items = [Item(one.path, result, one.words) for one in verdict.items]
    verdict.note(11, "verdict", result, words)


def _head(work: _Work) -> Head:
    if work.head is None:
        raise VerifyError("checkpoint.missing")
    return work.head
