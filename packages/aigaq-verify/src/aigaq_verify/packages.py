"""The steps of a package, one function each, in the order of ``spec/policy.md``.

Trust comes from the policy alone. A later step never rescues an earlier one.
"""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from aigaq_verify import consent, contents, custody
from aigaq_verify.anchors import Head, open_head
from aigaq_verify.bag import INFO, MAXIMUM_TAG_BYTES, NOTE, check_bag
from aigaq_verify.cards import check_chain, parse_card
from aigaq_verify.contents import Report, list_evidence
from aigaq_verify.earlier import SeenHead, check_seen_in_time, find_since, open_earlier, say_since
from aigaq_verify.encoding import format_time, hash_parts
from aigaq_verify.errors import VerifyError
from aigaq_verify.items import check_items
from aigaq_verify.merkle import check_inclusion, hash_entry
from aigaq_verify.moments import find_until, say_later
from aigaq_verify.notes import MAXIMUM_NOTE_BYTES, find_signers, parse_note, parse_proof
from aigaq_verify.opening import open_source
from aigaq_verify.package_tokens import check_tokens, read_stamps
from aigaq_verify.package_work import PackageWork
from aigaq_verify.policy import Policy
from aigaq_verify.verdict import NOT_ANCHORED, PASSED, UNKNOWN, Item, Verdict, make_told
from aigaq_verify.words import Told

_AFTER_FILES = (
    "bag",
    "policy",
    "card",
    "checkpoint",
    "tokens",
    "inclusion",
    "commitment",
    "items",
    "custody",
    "consent",
    "verdict",
)


def verify_package(path: Path, *, policy: Policy | None, now: datetime | None = None) -> Verdict:
    """Return the verdict over the package at ``path``, as of ``now``, or of this moment."""
    verdict = Verdict()
    source = verdict.run(0, "files", lambda: open_source(path))
    if source is None:
        for number, name in enumerate(_AFTER_FILES, 1):
            verdict.run(number, name, lambda: None)
        return verdict
    at = now if now is not None else datetime.now(UTC)
    work = PackageWork(source, policy, at, until=find_until(now, at=at))
    verdict.run(1, "bag", lambda: _check_bag(work))
    verdict.run(2, "policy", lambda: _check_policy(verdict, work))
    verdict.run(3, "card", lambda: _check_cards(verdict, work))
    verdict.run(4, "checkpoint", lambda: _check_checkpoint(verdict, work))
    verdict.run(5, "tokens", lambda: check_tokens(verdict, work))
    verdict.run(6, "inclusion", lambda: _check_inclusion(verdict, work))
    verdict.run(7, "commitment", lambda: _check_commitments(work))
    verdict.run(8, "items", lambda: _check_items(verdict, work))
    verdict.run(9, "custody", lambda: _check_custody(verdict, work))
    verdict.run(10, "consent", lambda: _check_consent(verdict, work))
    verdict.run(11, "verdict", lambda: _conclude(verdict, work))
    return verdict


def _check_bag(work: PackageWork) -> None:
    work.bag = check_bag(work.source)
    data = work.read(contents.PATH, maximum_bytes=contents.MAXIMUM_BYTES)
    try:
        work.contents = contents.parse_contents(data)
    except VerifyError as error:
        raise error.at(contents.PATH) from None
    if work.bag.dated != work.contents.made_at.date().isoformat():
        raise VerifyError("bag.bad_info", "bag-info.txt")
    expected = list_evidence(work.contents)
    there = {name for name in work.bag.tags if name.startswith("evidence/")}
    for name in sorted(expected - there):
        raise VerifyError("bag.missing", name)
    for name in sorted(there - expected):
        if not name.startswith(contents.CARDS):
            raise VerifyError("bag.extra", name)


def _check_policy(verdict: Verdict, work: PackageWork) -> None:
    if work.policy is None:
        verdict.note(2, "policy", NOT_ANCHORED, [("no_policy",)])
        return
    try:
        work.policy.check_root(work.known.root_key)
    except VerifyError as error:
        raise error.at(contents.PATH) from None
    verdict.note(2, "policy", PASSED, work.policy.describe(at=work.now))


def _check_cards(verdict: Verdict, work: PackageWork) -> None:
    """Read the chain of cards, and the desk's signature over the tag manifest."""
    names = sorted(name for name in work.source.names if name.startswith(contents.CARDS))
    cards = []
    for name in names:
        data = work.read(name)
        try:
            card = parse_card(data, root_key=work.known.root_key)
        except VerifyError as error:
            raise error.at(name) from None
        if name != f"{contents.CARDS}{card.version:06d}.card":
            raise VerifyError("card.bad_form", name)
        cards.append(card)
    if not cards:
        raise VerifyError("card.missing", contents.CARDS)
    check_chain(cards)
    if any(card.team_id != work.known.team_id for card in cards):
        raise VerifyError("card.other_team", contents.PATH)
    work.cards = cards
    try:
        _check_tag_note(work)
    except VerifyError as error:
        raise error.at(NOTE) from None
    last = cards[-1]
    if work.bag is None or work.bag.organisation not in last.organisations:
        raise VerifyError("bag.bad_info", INFO)
    verdict.note(3, "card", PASSED, last.describe("card", is_trusted=work.policy is not None))


def _check_tag_note(work: PackageWork) -> None:
    """Only the desk key of the newest card counts: one that was changed may be in other hands."""
    limit = MAXIMUM_TAG_BYTES + MAXIMUM_NOTE_BYTES
    data = work.source.read(NOTE, maximum_bytes=limit)
    note = parse_note(data, maximum_bytes=limit)
    if work.bag is None or note.text.encode("utf-8") != work.bag.tag_manifest:
        raise VerifyError("bag.other_note")
    if not find_signers(note, {work.cards[-1].desk}):
        raise VerifyError("note.not_signed")


def _check_checkpoint(verdict: Verdict, work: PackageWork) -> None:
    name = work.known.checkpoint
    data = work.read(name, maximum_bytes=MAXIMUM_NOTE_BYTES)
    try:
        head = open_head(data, cards=work.cards, policy=work.policy, until=work.until)
        work.heads[name] = SeenHead(head, data)
        if name != f"evidence/checkpoints/{head.checkpoint.size}.checkpoint":
            raise VerifyError("checkpoint.bad_form")
        seen = head.witnessed_at(work.policy)
        witnessed = [*read_stamps(work), *([seen] if seen is not None else [])]
        check_seen_in_time(
            head,
            cards=work.cards,
            policy=work.policy,
            witnessed_at=witnessed,
            root_key=work.known.root_key,
        )
    except VerifyError as error:
        raise error.at(name) from None
    _open_earlier_heads(work, own=head)
    later = say_later("later_cosignatures", head.later, until=work.until)
    if seen is not None:
        told: Told = ("cosigned", str(head.checkpoint.size), format_time(seen))
        verdict.note(4, "checkpoint", PASSED, [told, *later])
    elif work.policy is None or work.policy.needs_quorum:
        verdict.note(4, "checkpoint", NOT_ANCHORED, [("no_quorum",), *later])


def _open_earlier_heads(work: PackageWork, *, own: Head) -> None:
    for one in work.known.earlier:
        data = work.read(one.checkpoint, maximum_bytes=MAXIMUM_NOTE_BYTES)
        try:
            work.heads[one.checkpoint] = open_earlier(
                one.checkpoint,
                data,
                own=own,
                cards=work.cards,
                policy=work.policy,
                until=work.until,
            )
        except VerifyError as error:
            raise error.at(one.checkpoint) from None


def _check_inclusion(verdict: Verdict, work: PackageWork) -> None:
    known = work.known
    proofs = {known.checkpoint: tuple(report.proof for report in known.reports)}
    proofs |= {one.checkpoint: one.proofs for one in known.earlier}
    for checkpoint, names in proofs.items():
        for report, name in zip(known.reports, names, strict=True):
            entry, index = b"\x01" + report.commitment, report.log_index
            _check_proof(work, name, entry=entry, index=index, under=checkpoint)
    if known.earlier and work.policy is not None:
        verdict.note(6, "inclusion", PASSED, _say_since(work))


def _say_since(work: PackageWork) -> list[Told]:
    """Tell since when the reports are there, after every proof was found good."""
    since = {
        seen.head.checkpoint.size: find_since(
            seen, cards=work.cards, policy=work.policy, root_key=work.known.root_key
        )
        for seen in work.heads.values()
    }
    size = _own(work).head.checkpoint.size
    at = since.pop(size)
    return say_since(
        (size, at), [(entries, moment) for entries, moment in since.items() if moment is not None]
    )


def _check_proof(
    work: PackageWork, name: str, *, entry: bytes, index: int | None, under: str | None = None
) -> None:
    """Check a proof file against a head of step 4: the package's own one, or an earlier one."""
    seen = _own(work) if under is None else work.heads[under]
    head = seen.head
    try:
        proof = parse_proof(work.read(name, maximum_bytes=MAXIMUM_NOTE_BYTES * 2))
        if proof.note != seen.data:
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


def _check_commitments(work: PackageWork) -> None:
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


def _check_items(verdict: Verdict, work: PackageWork) -> None:
    payload = work.bag.payload if work.bag is not None else {}
    told = check_items(payload=payload, contents=work.known)
    if told:
        verdict.note(8, "items", PASSED, told)


def _check_custody(verdict: Verdict, work: PackageWork) -> None:
    data = work.read(contents.CUSTODY_LINES, maximum_bytes=custody.MAXIMUM_BYTES)
    try:
        chain = custody.parse_chain(data)
    except VerifyError as error:
        raise error.at(contents.CUSTODY_LINES) from None
    known = work.known
    if len(chain.heads) - 1 != known.custody_count or chain.heads[-1] != known.custody_head:
        raise VerifyError("custody.wrong_chain", contents.CUSTODY_LINES)
    logged = known.logged
    fixed = logged.count if logged is not None else 0
    for item in known.items:
        name = f"{item.report_id.hex()}/{item.item_number}"
        try:
            line = chain.find_received(name, sha256=item.original.sha256)
            told = [_say_fixed("custody", line, fixed=fixed)]
            if item.derived_from is not None:
                made = chain.find_derived(name, sha256=item.sha256, recipe=item.recipe)
                told.append(_say_fixed("derived", made, fixed=fixed))
        except VerifyError as error:
            raise error.at(item.path) from None
        work.custody_told[item.number] = told
    hidden: list[Told] = [("custody_hidden", str(chain.hidden))] if chain.hidden else []
    count = str(known.custody_count)
    if logged is None:
        told = [("custody_not_logged", count), *hidden]
        verdict.note(9, "custody", NOT_ANCHORED, told, code="custody.not_logged")
        return
    if not 0 < logged.count < len(chain.heads):
        raise VerifyError("custody.wrong_chain", contents.CUSTODY_LINES)
    value = (logged.count).to_bytes(8, "big")
    expected = hash_value(value, chain.heads[logged.count])
    if logged.kind != "custody_head" or logged.value != expected:
        raise VerifyError("custody.wrong_chain", contents.CUSTODY_LINES)
    blinded = hash_parts("aigaq/leaf/v1", logged.kind, logged.salt, logged.value)
    _check_proof(work, contents.CUSTODY_PROOF, entry=b"\x01" + blinded, index=None)
    after = str(known.custody_count - logged.count)
    told = [("custody", count, str(logged.count), after), *hidden]
    verdict.note(9, "custody", PASSED, told)


def _say_fixed(what: str, line: int, *, fixed: int) -> Told:
    return (f"{what}_fixed" if line <= fixed else f"{what}_not_fixed", str(line))


def hash_value(count: bytes, head: bytes) -> bytes:
    """Return ‖(count, head), the value of a head's opening."""
    return len(count).to_bytes(8, "big") + count + len(head).to_bytes(8, "big") + head


def _check_consent(verdict: Verdict, work: PackageWork) -> None:
    data = work.read(contents.CONSENT, maximum_bytes=consent.MAXIMUM_BYTES)
    try:
        shown = consent.check_consent(data, contents=work.known)
    except VerifyError as error:
        raise error.at(contents.CONSENT) from None
    for item in work.known.items:
        told: list[Told] = [("sha256", item.sha256.hex())]
        if item.sealed_to is None and item.path.rpartition("/")[2] != item.name:
            told.append(("listed_as", item.name))
        if item.derived_from is not None:
            told.append(("derived_from", item.derived_from.sha256.hex()))
            told.append(("recipe", str(item.recipe)))
        told += work.custody_told[item.number]
        told += shown[item.number]
        told.append((f"provenance_{item.provenance}",))
        if item.sealed_to is not None:
            told += [("sealed_to", item.sealed_to), ("sealed_size", str(item.size))]
        is_what_came = item.sealed_to is None and item.derived_from is None
        result = PASSED if is_what_came else UNKNOWN
        verdict.items.append(Item(item.path, result, tuple(map(make_told, told))))


def _conclude(verdict: Verdict, work: PackageWork) -> None:
    result = NOT_ANCHORED if verdict.exit_code else PASSED
    if work.bag is None:
        raise VerifyError("bag.missing")
    seal, documents = hashlib.sha256(work.bag.tag_manifest), len(work.bag.documents)
    counts: Told = ("disclosed", str(len(work.known.items)), str(documents))
    verdict.items = [
        one if one.result == UNKNOWN else Item(one.path, result, one.told) for one in verdict.items
    ]
    verdict.note(11, "verdict", result, [counts, ("seal", seal.hexdigest())])


def _own(work: PackageWork) -> SeenHead:
    """Return the package's own head."""
    seen = work.heads.get(work.known.checkpoint)
    if seen is None:
        raise VerifyError("checkpoint.missing")
    return seen
