"""A file's name in any letters keeps no package from being made."""

import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from tests.courthouse import Court

from aigaq.evidence.documents import build_documents
from aigaq.evidence.paper_letters import spell

NAMES = ("中文.jpg", "😀.jpg", "خالد 1.jpg", "ა̂ꙋ᠎𝔘.jpg", "Ә\u0301 №7 «ң».jpg")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_letters_stands_on_the_papers(tmp_path: Path, name: str) -> None:
    court = Court(tmp_path / "court")
    court.add_report([(name, b"fictional")])
    court.publish()
    documents = build_documents(court.package(), is_trial=False, languages=["ru"])
    (tmp_path / "summary.pdf").write_bytes(documents["summary.pdf"])
    shown = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "summary.pdf", "-"], capture_output=True, check=True
    )
    foreign = [one for one in name if ord(one) > 0x500 and unicodedata.category(one)[0] != "C"]
    told = re.sub(r"\s", "", shown.stdout.decode())
    assert all(f"[U+{ord(one):04X}]" in told or one == "№" for one in foreign)


def test_every_letter_that_is_left_as_it_is_has_a_glyph(tmp_path: Path) -> None:
    """All of them at once; without a glyph for one, no paper would be made."""
    letters = [one for one in map(chr, range(sys.maxunicode + 1)) if spell(one) == one != "\n"]
    assert {*"aZяәіңғүұқөһЁё«»№–—€"} <= set(letters)
    court = Court(tmp_path / "court")
    names = ["".join(letters[at : at + 200]) for at in range(0, len(letters), 200)]
    court.add_report([(name.replace("/", "."), b"fictional") for name in names])
    court.publish()
    documents = build_documents(court.package(), is_trial=False, languages=["kk", "ru", "en"])
    assert all(data.startswith(b"%PDF") for name, data in documents.items() if "pdf" in name)
