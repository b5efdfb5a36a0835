"""Whole files: who can open them, and that every other input is refused by name."""

import io
import secrets
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.age.streams import DribblingReader

from aigaq import age
from aigaq.age import stream
from aigaq.age.header import FILE_KEY_BYTES, MAX_HEADER_BYTES, Stanza, build_header

MAYA = age.HybridIdentity.from_seed(bytes(32))
ARUZHAN = age.HybridIdentity.from_seed(bytes([1]) * 32)
CLASSIC = age.X25519Identity(bytes([2]) * 32)
PASSPHRASE = "көк кеме 7"

KINDS: dict[str, tuple[Callable[[], age.Recipient], Callable[[], age.Identity]]] = {
    "hybrid": (lambda: MAYA.recipient, lambda: MAYA),
    "x25519": (lambda: CLASSIC.recipient, lambda: CLASSIC),
    "passphrase": (
        lambda: age.ScryptRecipient(PASSPHRASE, work_factor=2),
        lambda: age.ScryptIdentity(PASSPHRASE),
    ),
}


def code_of_decrypting(file: bytes, *, identities: list[age.Identity]) -> str:
    with pytest.raises(age.AgeError) as refusal:
        age.decrypt_bytes(file, identities=identities)
    return refusal.value.code


@pytest.mark.parametrize("kind", KINDS)
@given(plain=st.binary(max_size=300))
def test_what_is_encrypted_to_a_recipient_its_identity_decrypts(kind: str, plain: bytes) -> None:
    make_recipient, make_identity = KINDS[kind]
    file = age.encrypt_bytes(plain, recipients=[make_recipient()])
    assert age.decrypt_bytes(file, identities=[make_identity()]) == plain


@given(size=st.integers(0, 200_000), step=st.integers(1, 70_000))
@example(size=stream.CHUNK_BYTES, step=1000)
def test_streams_of_any_size_and_pace_give_the_same(size: int, step: int) -> None:
    plain = b"k" * size
    step = max(step, size // 100)
    file, opened = io.BytesIO(), io.BytesIO()
    age.encrypt(DribblingReader(plain, step_bytes=step), file, recipients=[MAYA.recipient])
    age.decrypt(DribblingReader(file.getvalue(), step_bytes=step), opened, identities=[MAYA])
    assert opened.getvalue() == plain


def test_each_of_several_recipients_can_open_and_a_stranger_cannot() -> None:
    file = age.encrypt_bytes(b"fictional", recipients=[MAYA.recipient, ARUZHAN.recipient])
    for identity in (MAYA, ARUZHAN):
        assert age.decrypt_bytes(file, identities=[identity]) == b"fictional"
    nobody: list[age.Identity] = []
    others: list[age.Identity] = [age.HybridIdentity.generate(), CLASSIC, age.ScryptIdentity("x")]
    for strangers in (nobody, others):
        with pytest.raises(age.NotForMeError) as refusal:
            age.decrypt_bytes(file, identities=strangers)
        assert refusal.value.code == "age.not_for_me"
    assert age.decrypt_bytes(file, identities=[CLASSIC, ARUZHAN]) == b"fictional"


def test_the_same_bytes_give_another_file_each_time() -> None:
    files = {age.encrypt_bytes(b"fictional", recipients=[MAYA.recipient]) for _ in range(20)}
    assert len({file[-16:] for file in files}) == 20


def test_not_for_me_is_never_a_kind_of_damaged() -> None:
    assert not issubclass(age.NotForMeError, age.DamagedFileError)
    assert not issubclass(age.DamagedFileError, age.NotForMeError)


@pytest.mark.parametrize("kind", KINDS)
def test_no_byte_of_a_file_can_be_altered_unseen(kind: str) -> None:
    make_recipient, make_identity = KINDS[kind]
    file = age.encrypt_bytes(b"fictional", recipients=[make_recipient()])
    identity = make_identity()
    for place in range(len(file)):
        for bit in (1, 0x20, 0x80):
            altered = file[:place] + bytes([file[place] ^ bit]) + file[place + 1 :]
            with pytest.raises(age.AgeError):
                age.decrypt_bytes(altered, identities=[identity])


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_can_be_cut_or_continued_unseen(kind: str) -> None:
    make_recipient, make_identity = KINDS[kind]
    file = age.encrypt_bytes(b"fictional", recipients=[make_recipient()])
    identity = make_identity()
    for size in range(len(file)):
        with pytest.raises(age.DamagedFileError):
            age.decrypt_bytes(file[:size], identities=[identity])
    with pytest.raises(age.PayloadError):
        age.decrypt_bytes(file + b"\0", identities=[identity])


@given(file=st.binary(max_size=2000))
def test_random_bytes_are_refused_by_name(file: bytes) -> None:
    with pytest.raises(age.DamagedFileError):
        age.decrypt_bytes(file, identities=[MAYA, CLASSIC, age.ScryptIdentity(PASSPHRASE)])


WORDS = st.sampled_from(
    [
        *(b"age-encryption.org/v1\n", b"-> ", b"--- ", b"X25519 ", b"scrypt ", b"mlkem768x25519 "),
        *(b"\n", b" ", b"=", b"A" * 22, b"A" * 43, b"A" * 64, b"1", b"99", b"\r", b"\0", b"\xff"),
    ]
)


@given(words=st.lists(WORDS, max_size=30))
def test_words_of_the_format_in_any_order_are_refused_by_name(words: list[bytes]) -> None:
    file = b"age-encryption.org/v1\n-> " + b"".join(words)
    with pytest.raises(age.AgeError):
        age.decrypt_bytes(file, identities=[MAYA, CLASSIC, age.ScryptIdentity(PASSPHRASE)])


SAMPLES = {
    kind: age.encrypt_bytes(b"fictional" * 20, recipients=[make_recipient()])
    for kind, (make_recipient, _) in KINDS.items()
}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_file_with_a_piece_replaced_is_refused_by_name(kind: str, data: st.DataObject) -> None:
    file = SAMPLES[kind]
    start = data.draw(st.integers(0, len(file)))
    end = data.draw(st.integers(start, min(len(file), start + 80)))
    piece = data.draw(st.binary(max_size=80) | WORDS)
    altered = file[:start] + piece + file[end:]
    if altered == file:
        return
    # A work factor of its choice must not make the test, or the desk, work for an hour.
    identity = (
        age.ScryptIdentity(PASSPHRASE, max_work_factor=3)
        if kind == "passphrase"
        else KINDS[kind][1]()
    )
    with pytest.raises(age.AgeError):
        age.decrypt_bytes(altered, identities=[identity])


def test_nothing_is_written_before_the_header_is_authentic() -> None:
    file = age.encrypt_bytes(b"fictional", recipients=[MAYA.recipient])
    grease = file.replace(b"\n--- ", b"\n-> grease\n\n--- ")
    written = io.BytesIO()
    with pytest.raises(age.HeaderMacError):
        age.decrypt(io.BytesIO(grease), written, identities=[MAYA])
    assert written.getvalue() == b""


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"", "age.not_an_age_file"),
        (bytes(2 * MAX_HEADER_BYTES), "age.not_an_age_file"),
        (b"%PDF-1.7\n%\xe2\xe3\n", "age.not_an_age_file"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\n", "age.not_an_age_file"),
        (b"age-encryption.org/v2\n-> X25519\n", "age.unknown_version"),
        (b"age-encryption.org/v1\n", "age.truncated_header"),
        (b"age-encryption.org/v1\n--- " + b"A" * 43 + b"\n", "age.bad_header"),
        (b"age-encryption.org/v1\n-> grease\n\n---\n", "age.bad_header"),
        (b"age-encryption.org/v1\n-> a\n\n--- " + b"A" * 43 + b"\n", "age.not_for_me"),
    ],
)
def test_each_fault_of_a_header_has_its_own_code(file: bytes, code: str) -> None:
    assert code_of_decrypting(file, identities=[MAYA]) == code


@pytest.mark.slow
def test_a_strangers_header_cannot_fill_the_memory() -> None:
    class Endless:
        def __init__(self, piece: bytes) -> None:
            self._start = io.BytesIO(b"age-encryption.org/v1\n")
            self._piece = piece

        def read(self, size: int, /) -> bytes:
            return self._start.read(size) or (self._piece * size)[:size]

    for piece in (b"A", b"-> a\n\n", b"\n", b"-> " + b"a " * 999):
        tracemalloc.start()
        with pytest.raises(age.HeaderError):
            age.decrypt(Endless(piece), io.BytesIO(), identities=[MAYA])
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak_bytes < 64 * MAX_HEADER_BYTES


def test_a_header_beyond_the_limit_is_neither_read_nor_written() -> None:
    file_key = bytes(FILE_KEY_BYTES)
    header = build_header([Stanza(("a",), bytes(MAX_HEADER_BYTES))], file_key=file_key)
    assert code_of_decrypting(header, identities=[MAYA]) == "age.header_too_long"
    with pytest.raises(age.RecipientsError) as refusal:
        age.encrypt_bytes(b"", recipients=[CLASSIC.recipient] * 3_000)
    assert refusal.value.code == "age.too_many_recipients"


def test_a_passphrase_stanza_beside_another_is_refused_whoever_reads() -> None:
    file_key = secrets.token_bytes(FILE_KEY_BYTES)
    stanzas = [
        age.ScryptRecipient(PASSPHRASE, work_factor=2).wrap(file_key),
        MAYA.recipient.wrap(file_key),
    ]
    file = build_header(stanzas, file_key=file_key) + bytes(100)
    for identity in (MAYA, age.ScryptIdentity(PASSPHRASE)):
        assert code_of_decrypting(file, identities=[identity]) == "age.bad_stanza"


def test_errors_of_the_streams_themselves_pass_through() -> None:
    class Broken:
        def read(self, size: int, /) -> bytes:
            raise OSError

        def write(self, data: bytes, /) -> int:
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011
        age.decrypt(Broken(), io.BytesIO(), identities=[MAYA])
    with pytest.raises(OSError):  # noqa: PT011
        age.encrypt(io.BytesIO(b"a"), Broken(), recipients=[MAYA.recipient])


def test_a_header_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    file_key = bytes(FILE_KEY_BYTES)

    def header_of(size: int) -> bytes:
        fixed = len(build_header([Stanza(("a",), b"")], file_key=file_key)) - len("a")
        return build_header([Stanza(("a" * (size - fixed),), b"")], file_key=file_key)

    assert len(header_of(MAX_HEADER_BYTES)) == MAX_HEADER_BYTES
    for size, code in (
        (MAX_HEADER_BYTES, "age.not_for_me"),
        (MAX_HEADER_BYTES + 1, "age.header_too_long"),
    ):
        assert code_of_decrypting(header_of(size) + bytes(32), identities=[MAYA]) == code
