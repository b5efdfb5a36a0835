"""The form reader: the same values however the bytes are cut, and nothing kept after a wipe."""

import pytest

from aigaq.errors import AigaqError
from aigaq.gate.multipart import MAXIMUM_FILES_BYTES, MAXIMUM_TEXT_BYTES, FormReader

TYPE = "multipart/form-data; boundary=----abc"
PHOTO = bytes(range(256)) * 3 + b"\r\n------ab\r\n--\r\n"
BODY = (
    b'------abc\r\nContent-Disposition: form-data; name="q4"\r\n\r\n'
    + "Сөз\r\nсөз".encode()
    + b'\r\n------abc\r\nContent-Disposition: form-data; name="q4"\r\n\r\n\r\n'
    + b'------abc\r\nContent-Disposition: form-data; name="file"; filename="a %22b%22.jpg"\r\n'
    + b"Content-Type: image/jpeg\r\n\r\n"
    + PHOTO
    + b"\r\n------abc--\r\n"
)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 10_000])
def test_a_form_reads_the_same_however_it_is_cut(step: int) -> None:
    reader = FormReader(TYPE)
    for at in range(0, len(BODY), step):
        reader.feed(BODY[at : at + step])
    reader.close()
    assert reader.form.values("q4") == ["Сөз\r\nсөз", ""]
    (file,) = reader.form.files
    assert (file.name, file.media_type, bytes(file.data)) == ('a "b".jpg', "image/jpeg", PHOTO)


def test_a_wipe_leaves_zeros() -> None:
    reader = FormReader(TYPE)
    reader.feed(BODY)
    buffers = [data for _, data in reader.form.fields] + [one.data for one in reader.form.files]
    reader.form.wipe()
    assert all(data.count(0) == len(data) for data in buffers)
    assert (reader.form.fields, reader.form.files) == ([], [])


@pytest.mark.parametrize("end", [10, 60, 200, len(BODY) - 5])
def test_a_form_that_was_cut_is_refused(end: int) -> None:
    reader = FormReader(TYPE)
    reader.feed(BODY[:end])
    with pytest.raises(AigaqError) as refused:
        reader.close()
    assert refused.value.code == "plain.form"


@pytest.mark.parametrize(
    ("head", "limit", "kept"),
    [
        (b'name="q4"', MAXIMUM_TEXT_BYTES, 4 * MAXIMUM_TEXT_BYTES),
        (b'name="file"; filename="a"', MAXIMUM_FILES_BYTES, 0),
    ],
)
def test_what_is_too_much_is_not_kept_and_what_stands_beside_it_is(
    head: bytes, limit: int, kept: int
) -> None:
    reader = FormReader(TYPE)
    reader.feed(b'------abc\r\nContent-Disposition: form-data; name="q7"\r\n\r\nFictional.\r\n')
    reader.feed(b"------abc\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n")
    for _ in range(5 * limit // 10_000):
        reader.feed(b"x" * 10_000)
    reader.feed(b"\r\n------abc--\r\n")
    with pytest.raises(AigaqError) as refused:
        reader.close()
    assert refused.value.code == "plain.too_large"
    held = [data for _, data in reader.form.fields[1:]] + [one.data for one in reader.form.files]
    assert sum(map(len, held)) <= kept
    assert reader.form.read_back()["q7"] == ["Fictional."]
    assert reader.is_cut == (kept > 0)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=é"]
)
def test_a_body_without_a_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(AigaqError) as refused:
        FormReader(content_type)
    assert refused.value.code == "plain.form"
