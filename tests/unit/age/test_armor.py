"""Armour: one strict text for one file."""

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.age.streams import DribblingReader

from aigaq import age
from aigaq.age import armor
from aigaq.age.binary import read_fully

BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----"
END = "-----END AGE ENCRYPTED FILE-----"
IDENTITY = age.HybridIdentity.from_seed(bytes(32))


@given(data=st.binary(max_size=300))
@example(data=bytes(48))
@example(data=bytes(96))
@example(data=bytes(200_000))
def test_armour_gives_back_what_it_was_given(data: bytes) -> None:
    text = armor.encode_bytes(data)
    assert armor.decode_bytes(text) == data
    assert armor.decode_bytes(text.encode()) == data
    assert armor.decode_bytes("\n \t\r\n" + text.replace("\n", "\r\n") + "\r\n \n") == data
    assert max(len(line) for line in text.splitlines()[1:-1] or [""]) <= 64


@given(step=st.integers(1, 500), size=st.integers(1, 500))
def test_armour_is_read_at_any_pace(step: int, size: int) -> None:
    data = bytes(range(256)) * 4
    reader = DribblingReader(armor.encode_bytes(data).encode(), step_bytes=step)
    decoder = armor.Decoder(reader)
    pieces = []
    while piece := read_fully(decoder, size=size):
        pieces.append(piece)
    assert b"".join(pieces) == data
    assert {len(piece) for piece in pieces[:-1]} <= {size}


def test_an_armoured_file_is_decrypted_as_a_stream() -> None:
    plain = bytes(200_000)
    text = armor.encode_bytes(age.encrypt_bytes(plain, recipients=[IDENTITY.recipient]))
    opened = io.BytesIO()
    age.decrypt(armor.Decoder(io.BytesIO(text.encode())), opened, identities=[IDENTITY])
    assert opened.getvalue() == plain


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        BEGIN,
        f"{BEGIN}\n",
        f"{BEGIN}\nAAAA\n",
        f"{END}\n",
        f" {BEGIN}\nAAAA\n{END}\n",
        f"{BEGIN}\nAAAA\n {END}\n",
        f"{BEGIN}\nAAAA\n{END} x\n",
        f"{BEGIN}\nAAAA\n{END}\nx",
        f"x\n{BEGIN}\nAAAA\n{END}\n",
        f"{BEGIN}\n\nAAAA\n{END}\n",
        f"{BEGIN}\nAAAA\nAAAA\n{END}\n",
        f"{BEGIN}\nAA==\nAAAA\n{END}\n",
        f"{BEGIN}\nAAA\n{END}\n",
        f"{BEGIN}\nAB==\n{END}\n",
        f"{BEGIN}\nA===\n{END}\n",
        f"{BEGIN}\nAA=A\n{END}\n",
        f"{BEGIN}\n{'A' * 68}\n{END}\n",
        f"{BEGIN}\nAAAA\r\r\n{END}\n",
        f"{BEGIN}\nAA-_\n{END}\n",
        f"{BEGIN}\nйй\n{END}\n",
        f"{BEGIN}\nAAAA\n{END}\n" + " " * 1025,
        "\n" * 1025 + f"{BEGIN}\nAAAA\n{END}\n",
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(age.ArmorError) as refusal:
        armor.decode_bytes(text)
    assert refusal.value.code == "age.bad_armor"


@given(text=st.binary(max_size=300))
def test_random_bytes_are_no_armour(text: bytes) -> None:
    with pytest.raises(age.ArmorError):
        armor.decode_bytes(text)


@given(data=st.data())
def test_an_altered_text_is_refused_or_means_the_same_file(data: st.DataObject) -> None:
    file = bytes(100)
    text = armor.encode_bytes(file).encode()
    place = data.draw(st.integers(0, len(text) - 1))
    altered = text[:place] + data.draw(st.binary(max_size=3)) + text[place + 1 :]
    try:
        decoded = armor.decode_bytes(altered)
    except age.ArmorError:
        return
    # What is accepted has the one form, up to white space around it and line ends.
    again = armor.encode_bytes(decoded).encode()
    assert altered.strip().replace(b"\r\n", b"\n") == again.strip()
