"""Blobs: encrypted under keys of their own, whole or not at all, gone with their key."""

import io
import uuid

import pytest
from django.db import transaction
from tests.conftest import MASTER

from aigaq.core import blob_store
from aigaq.core.errors import BlobError, DeskLocked
from aigaq.core.held_keys import HELD
from aigaq.core.home import Home
from aigaq.core.models import BlobKey

pytestmark = pytest.mark.django_db(transaction=True)


def store(content: bytes) -> uuid.UUID:
    return blob_store.store_blob(io.BytesIO(content))


def list_files(home: Home) -> set[str]:
    return {path.name for path in home.blobs.iterdir()}


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_a_blob_comes_back_byte_for_byte(size: int, clean_home: Home) -> None:
    content = bytes(number % 251 for number in range(size))

    blob = store(content)

    assert blob_store.read_blob(blob) == content
    assert blob_store.get_size(blob) == size
    assert (clean_home.blobs / blob.hex).stat().st_mode & 0o777 == 0o600


def test_the_file_holds_nothing_readable_and_no_two_are_alike(clean_home: Home) -> None:
    content = b"canary-2b77 " * 50
    first, second = ((clean_home.blobs / store(content).hex).read_bytes() for _ in range(2))

    assert b"canary" not in first
    assert first != second


def test_a_damaged_cut_or_exchanged_file_is_found(clean_home: Home) -> None:
    blob, other = store(b"a" * 100_000), store(b"b" * 100_000)
    path = clean_home.blobs / blob.hex
    whole = path.read_bytes()
    changed = [
        whole[:-1],
        whole[:65_552],
        bytes([whole[0] ^ 1]) + whole[1:],
        (clean_home.blobs / other.hex).read_bytes(),
    ]

    for content in changed:
        path.write_bytes(content)
        with pytest.raises(BlobError) as caught:
            blob_store.read_blob(blob)
        assert caught.value.code == "blob.damaged"


def test_deleting_shreds_the_key_and_removes_the_file(clean_home: Home) -> None:
    blob = store(b"content")
    with transaction.atomic():
        blob_store.delete_blob(blob)
        assert list_files(clean_home) == {blob.hex}

    assert list_files(clean_home) == set()
    assert not BlobKey.objects.exists()
    with pytest.raises(BlobError) as caught:
        blob_store.read_blob(blob)
    assert caught.value.code == "blob.gone"


def test_a_transaction_that_fails_leaves_noise_that_is_swept_away(clean_home: Home) -> None:
    kept = store(b"kept")

    @transaction.atomic
    def fail_after_storing() -> None:
        store(b"lost")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_storing()
    assert len(list_files(clean_home)) == 2

    assert blob_store.remove_orphans() == 1
    assert blob_store.read_blob(kept) == b"kept"


def test_content_that_breaks_off_leaves_no_file(clean_home: Home) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - the system's own error goes through.
        blob_store.store_blob(Broken())
    assert list_files(clean_home) == set()


def test_a_locked_desk_reads_no_blob(clean_home: Home) -> None:
    blob = store(b"content")
    try:
        HELD.drop()
        with pytest.raises(DeskLocked):
            blob_store.read_blob(blob)
    finally:
        HELD.hold(master=MASTER)


def test_reading_ends_when_the_desk_is_locked(clean_home: Home) -> None:
    chunks = blob_store.read_chunks(store(bytes(200_000)))
    next(chunks)
    HELD.drop()
    try:
        with pytest.raises(DeskLocked):
            next(chunks)
    finally:
        HELD.hold(master=MASTER)
