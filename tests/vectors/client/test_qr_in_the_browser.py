"""The sheet's QR code, module for module that of another encoder."""

import pytest
import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, QRData
from tests.vectors.client.conftest import Run

pytestmark = pytest.mark.browser

SHEET = "AIGAQ RECEIPT 1\n" + "ab" * 32 + "\n127.0.0.1:8470/log\n1234567"


def encode(text: str) -> list[str]:
    """Return the rows of a code of level M and mask 0 by another encoder."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=0, border=0)
    code.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE), optimize=0)
    code.make(fit=True)
    return ["".join("1" if dark else "0" for dark in row) for row in code.get_matrix()]


@pytest.mark.parametrize(
    "length", [1, 14, 15, 26, 27, 42, 62, 84, 106, 107, 122, 123, 152, 153, 180, 181, 213]
)
def test_a_code_of_each_version_is_that_of_another_encoder(length: int, run: Run) -> None:
    text = "".join(chr(33 + (7 * at) % 90) for at in range(length))
    assert run("receipts/qr", {"text": text}) == {"value": {"rows": encode(text)}}


@pytest.mark.parametrize("text", [SHEET, "Сынақ парағы", "аа" * 20])
def test_a_sheet_and_other_letters_have_the_code_of_another_encoder(text: str, run: Run) -> None:
    assert run("receipts/qr", {"text": text}) == {"value": {"rows": encode(text)}}


def test_a_text_that_is_too_long_has_no_code(run: Run) -> None:
    assert run("receipts/qr", {"text": "a" * 214}) == {"value": {"rows": None}}
