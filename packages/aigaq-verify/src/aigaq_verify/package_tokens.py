"""Step 5 of a package: the timestamps over its heads (``spec/policy.md``)."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from aigaq_verify.contents import TokenFiles
from aigaq_verify.encoding import format_time
from aigaq_verify.errors import VerifyError
from aigaq_verify.moments import say_later
from aigaq_verify.package_work import PackageWork
from aigaq_verify.renewals import (
    EXPIRED,
    REVOKED,
    Judged,
    Stamp,
    count_later,
    find_anchor,
    judge_row,
)
from aigaq_verify.revocation import MAXIMUM_BYTES as LIST_BYTES
from aigaq_verify.verdict import NOT_ANCHORED, PASSED, Verdict
from aigaq_verify.words import Told


def check_tokens(verdict: Verdict, work: PackageWork) -> None:
    """Check every token; those of the policy's authorities, each once, anchor the head.

    What stands over an earlier head only says since when the reports are there.
    """
    found: dict[str, datetime] = {}
    ends = []
    unlisted = later = 0
    for files in work.known.tokens:
        row = _judge_row(work, files)
        anchor, code = find_anchor(row, now=work.now, until=work.until)
        later += count_later(row, until=work.until)
        ends.append(code)
        if anchor is None or anchor.authority is None:
            continue
        work.heads[files.checkpoint].stamps.append(anchor.at)
        unlisted += not any(stamp.lists for stamp in files.stamps)
        if files.checkpoint == work.known.checkpoint:
            found[anchor.authority] = min(anchor.at, found.get(anchor.authority, anchor.at))
    needed = work.policy.needed_timestamps if work.policy is not None else 0
    own = sum(one.checkpoint == work.known.checkpoint for one in work.known.tokens)
    told = [_say_found(found, own=own)]
    if len(work.known.tokens) > own:
        counted = sum(len(work.heads[one.checkpoint].stamps) for one in work.known.earlier)
        told.append(("tokens_earlier", str(counted), str(len(work.known.tokens) - own)))
    if EXPIRED in ends:
        told.append(("tokens_expired", str(ends.count(EXPIRED)), format_time(work.now)))
    if REVOKED in ends:
        told.append(("tokens_revoked", str(ends.count(REVOKED))))
    if unlisted:  # A list that is here and does not name a certificate proves nothing, either.
        told.append(("tokens_unlisted", str(unlisted)))
    told += say_later("later_tokens", later, until=work.until)
    code = next((one for one in (REVOKED, EXPIRED) if one in ends), "")
    result = PASSED if len(found) >= needed else NOT_ANCHORED
    verdict.note(5, "tokens", result, told, code=code)


def _say_found(found: Mapping[str, datetime], *, own: int) -> Told:
    if not own:
        return ("no_tokens",)
    if not found:
        return ("tokens_none", str(own))
    return ("tokens_good", str(len(found)), str(own), format_time(min(found.values())))


def _judge_row(work: PackageWork, files: TokenFiles) -> list[Judged]:
    seen = work.heads.get(files.checkpoint)
    if seen is None:
        raise VerifyError("token.other_checkpoint", files.stamps[0].token)
    stamps = [
        Stamp(
            name=one.token,
            response=work.read(one.token),
            chain=work.read(one.chain),
            lists=tuple(work.read(name, maximum_bytes=LIST_BYTES) for name in one.lists),
            list_names=one.lists,
        )
        for one in files.stamps
    ]
    authorities = work.policy.authorities if work.policy is not None else ()
    return judge_row(stamps, text=seen.head.note.text.encode("utf-8"), authorities=authorities)


def read_stamps(work: PackageWork) -> list[datetime]:
    """Return when good tokens over the package's own head were made.

    What is wrong with others is for step 5 to say.
    """
    stamps = []
    for files in work.known.tokens:
        if files.checkpoint != work.known.checkpoint:
            continue
        with suppress(VerifyError):
            row = _judge_row(work, files)
            anchor, _ = find_anchor(row, now=work.now, until=work.until)
            stamps += [anchor.at] if anchor is not None else []
    return stamps
