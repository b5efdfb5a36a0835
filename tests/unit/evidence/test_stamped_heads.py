"""The desk keeps the signed note of what was stamped, and finds the head that proves the most."""

import secrets
import uuid
from datetime import timedelta

import pytest
from tests.unit.evidence import test_timestamping
from tests.unit.evidence.test_timestamping import House, let_time_pass

from aigaq import clock
from aigaq.cli.desk_timestamp import tell_status
from aigaq.evidence import stamped_heads as heads
from aigaq.evidence import timestamp_selectors as reads
from aigaq.evidence import timestamping as stamps
from aigaq.evidence.timestamp_models import StampedNote, TimestampToken
from aigaq.tlog import Cosigner, SignedCheckpoint, add_signatures, parse_note

pytestmark = pytest.mark.django_db
house = test_timestamping.house


def stamp_new_head(house: House) -> SignedCheckpoint:
    """Let the log grow and have both authorities stamp its head; return it."""
    house.gate.publish()
    stamps.stamp_checkpoint(house.checkpoint, stamping=house.stamping)
    return house.checkpoint


def find(head: SignedCheckpoint, *, holds: int = 0, below: int = 2**40) -> list[int]:
    found = heads.find_earlier(log_origin=head.checkpoint.origin, holds=holds, below=below)
    return [one.size for one in found]


def test_the_whole_signed_note_of_a_stamped_checkpoint_is_kept(house: House) -> None:
    head = stamp_new_head(house)
    (kept,) = StampedNote.objects.all()
    assert bytes(kept.note) == head.note.encode()
    assert (kept.log_origin, kept.size) == (head.checkpoint.origin, head.checkpoint.size)


def test_a_checkpoint_that_nobody_stamped_leaves_no_note(house: House) -> None:
    house.first.fault = house.second.fault = "refused"
    stamp_new_head(house)
    assert not StampedNote.objects.exists()


def test_cosignatures_that_come_later_are_added_to_the_kept_note(house: House) -> None:
    head = stamp_new_head(house)
    partner = Cosigner(name="partner.example/cosigner", seed=secrets.token_bytes(32))
    lines = partner.cosign(head.checkpoint, at=1_800_000_000)
    cosigned = SignedCheckpoint(head.checkpoint, add_signatures(head.note, lines))
    assert heads.add_cosignatures(cosigned)
    assert heads.add_cosignatures(head)
    (kept,) = StampedNote.objects.all()
    note = parse_note(bytes(kept.note))
    assert note.signatures == (*head.note.signatures, *lines)


def test_a_head_stamped_before_notes_were_kept_stays_good_and_is_told(house: House) -> None:
    head = stamp_new_head(house)
    StampedNote.objects.all().delete()
    assert find(head) == []
    status = reads.get_timestamp_status(card=house.stamping.card)
    assert (status.tokens, status.without_note) == (2, 1)
    told = tell_status(
        {
            "authorities": [],
            "due_renewals": 0,
            "size": status.size,
            "stamped_at": clock.format_time(clock.now()),
            "tokens": status.tokens,
            "wishes": 0,
            "without_note": status.without_note,
        }
    )
    assert "without their signed note: 1" in told
    # Stamped once more, it has its note.
    stamps.stamp_checkpoint(head, stamping=house.stamping)
    assert reads.get_timestamp_status(card=house.stamping.card).without_note == 0


def test_the_oldest_stamped_head_that_holds_the_entry_is_found(house: House) -> None:
    first, second, third = (stamp_new_head(house) for _ in range(3))
    sizes = [one.checkpoint.size for one in (first, second, third)]
    assert find(third, below=sizes[2]) == [sizes[0]]
    # One that is in the log since the second head only.
    assert find(third, holds=sizes[0], below=sizes[2]) == [sizes[1]]
    assert find(third, holds=sizes[1], below=sizes[2]) == []
    assert heads.find_earlier(log_origin="other.example/log", holds=0, below=2**40) == ()


def test_each_authority_has_the_head_that_it_stamped_first(house: House) -> None:
    house.second.fault = "refused"
    first = stamp_new_head(house)
    house.second.fault = ""
    second = stamp_new_head(house)
    assert find(second) == [first.checkpoint.size, second.checkpoint.size]


def test_a_token_that_ended_and_was_not_renewed_gives_way_to_a_later_one(house: House) -> None:
    first, second = stamp_new_head(house), stamp_new_head(house)
    ended = clock.now() - timedelta(seconds=1)
    size = first.checkpoint.size
    TimestampToken.objects.filter(checkpoint_size=size).update(ends_at=ended)
    assert find(second) == [second.checkpoint.size]
    assert [one.since for one in reads.list_tokens(size)] == [None, None]


def test_a_token_renewed_too_late_proves_from_its_renewal_on(house: House) -> None:
    first = stamp_new_head(house)
    let_time_pass(seconds=60)
    second = stamp_new_head(house)
    for token in TimestampToken.objects.filter(checkpoint_size=first.checkpoint.size):
        TimestampToken.objects.filter(pk=token.pk).update(
            ends_at=token.stamped_at + timedelta(seconds=1)
        )
        following = TimestampToken.objects.get(pk=token.pk)
        following.pk, following.renews_id = uuid.uuid4(), token.pk
        following.stamped_at = clock.now() + timedelta(minutes=5)
        following.ends_at = clock.now() + timedelta(days=1)
        following._state.adding = True
        following.save()
    assert find(second) == [second.checkpoint.size]
