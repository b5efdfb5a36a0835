"""A told report that was typed into a file is filed as one that was typed on the page."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Founding

from aigaq.consent import selectors as consent
from aigaq.core.commands import get_command
from aigaq.errors import AigaqError
from aigaq.intake import models

pytestmark = pytest.mark.django_db
LETTER = b"%PDF-1.4 fictional"


def describe(folder: Path, **more: Any) -> Path:
    whole = {
        "told_by": "мама",
        "told_how": "phone",
        "told_when": "вчера вечером",
        "language": "kk",
        "answers": {"4": "Вымышленный рассказ.", "1": "16_17", "10": ["lawyer", "advice"]},
        "consents": ["prove"],
        "files": ["письмо.pdf"],
    }
    (folder / "письмо.pdf").write_bytes(LETTER)
    path = folder / "told.json"
    path.write_text(json.dumps({k: v for k, v in (whole | more).items() if v is not None}), "utf-8")
    return path


def file(path: Path) -> dict[str, Any]:
    return get_command("new-report").run({"path": str(path)})


def test_a_typed_report_is_filed_with_its_files_and_consents(
    founding: Founding, tmp_path: Path
) -> None:
    answer = file(describe(tmp_path))
    report = models.Report.objects.get()
    assert (answer["register_number"], answer["files"], answer["state"]) == (1, 1, "filed")
    assert (report.came_by, report.language, report.under_18) == ("desk", "kk", True)
    said = dict(report.answers.values_list("number", "value"))
    assert (said[4], said[10]) == ("Вымышленный рассказ.", "advice lawyer")
    assert (said[201], said[202], said[204]) == ("мама", "phone", "none")
    assert [one.name for one in report.items.all()] == ["письмо.pdf"]
    granted = {one.purpose for one in consent.list_grants(bytes(report.report_id))}
    assert granted == {"keep", "advise", "prove"}


@pytest.mark.parametrize(
    "more",
    [
        {"told_by": None},
        {"told_how": "rumour"},
        {"language": "xx"},
        {"answers": {"4": ""}, "files": []},
        {"answers": {"99": "x"}},
        {"answers": {"1": "ancient"}},
        {"answers": ["x"]},
        {"consents": ["keep"]},
        {"consents": "prove"},
        {"code": "12345678901234567890"},
        {"mailbox_seed": "x"},
    ],
)
def test_what_the_page_would_refuse_files_nothing(
    founding: Founding, tmp_path: Path, more: dict[str, Any]
) -> None:
    with pytest.raises(AigaqError) as refused:
        file(describe(tmp_path, **more))
    assert refused.value.code == "told.bad_file"
    assert refused.value.context["what"]
    assert not models.Report.objects.exists()


def test_a_file_that_is_not_there_or_no_json_files_nothing(
    founding: Founding, tmp_path: Path
) -> None:
    for name, code in (("gone.json", "import.unreadable_file"), ("a.json", "told.bad_file")):
        (tmp_path / "a.json").write_text("{", "utf-8")
        with pytest.raises(AigaqError) as refused:
            file(tmp_path / name)
        assert refused.value.code == code
    with pytest.raises(AigaqError) as refused:
        file(describe(tmp_path, files=["gone.pdf"]))
    assert refused.value.code == "import.unreadable_file"
    assert not models.Report.objects.exists()
