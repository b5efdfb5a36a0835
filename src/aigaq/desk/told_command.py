"""Files a report told to staff from a file, for `aigaq desk new-report`: typed elsewhere before.

The file is JSON, and the form of the page reads what it says, so both take the same and refuse the
same. No receipt code is drawn here: its digits never come to the desk, only to a browser. The paths
are those of the same user.
"""

import json
import mimetypes
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from aigaq.core import commands
from aigaq.core.commands import Answer, Arguments
from aigaq.desk.forms_new_report import NUMBERS, NewReportForm
from aigaq.errors import AigaqError
from aigaq.intake.told import take_down
from aigaq.intake.told_numbers import NO_MAILBOX

MAXIMUM_BYTES = 4 * 1024 * 1024
TEXTS = ("told_by", "told_how", "told_when", "language", "hidden_details")
LISTS = ("consents", "files")


def register() -> None:
    """Make the command known."""
    commands.register("new-report", run=run_new_report_command)


def run_new_report_command(arguments: Arguments) -> Answer:
    """File the told report that a file describes. Raises `AigaqError` ``told.bad_file``."""
    path = Path(str(arguments.get("path")))
    described = _read(path)
    with ExitStack() as opened:
        files: MultiValueDict[str, Any] = MultiValueDict()
        for name in described.get("files", []):
            files.appendlist("attached", _open(path.parent / name, opened=opened))
        form = NewReportForm(_build_data(described), files)
        if not form.is_valid():
            raise AigaqError("told.bad_file", what=", ".join(sorted(form.errors)))
        report = take_down(actor=None, told=form.build_report(), keys=None)
    return {
        "files": len(described.get("files", [])),
        "register_number": report.register_number,
        "report_id": bytes(report.report_id).hex(),
        "state": str(report.state),
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise AigaqError("told.bad_file", what="size")
        described = json.loads(path.read_text("utf-8"))
    except OSError:
        raise AigaqError("import.unreadable_file") from None
    except ValueError:
        raise AigaqError("told.bad_file", what="JSON") from None
    if not isinstance(described, dict):
        raise AigaqError("told.bad_file", what="JSON")
    strange = sorted(set(described) - {*TEXTS, *LISTS, "answers"})
    wrong = [name for name in TEXTS if not isinstance(described.get(name, ""), str)]
    wrong += [name for name in LISTS if not _is_list_of_text(described.get(name, []))]
    answers = described.get("answers", {})
    if not isinstance(answers, dict) or not set(answers) <= {str(one) for one in NUMBERS}:
        wrong.append("answers")
    if strange or wrong:
        raise AigaqError("told.bad_file", what=", ".join([*strange, *wrong]))
    return described


def _is_list_of_text(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _build_data(described: dict[str, Any]) -> QueryDict:
    """Return what a browser would have sent."""
    data = QueryDict(mutable=True)
    data["mailbox"] = NO_MAILBOX
    for name in TEXTS:
        data[name] = described.get(name, "")
    data.setlist("consents", described.get("consents", []))
    for number, said in described.get("answers", {}).items():
        data.setlist(f"q{number}", [str(one) for one in said] if _is_list_of_text(said) else [said])
    return data


def _open(path: Path, *, opened: ExitStack) -> "UploadedFile[Any]":
    try:
        file = opened.enter_context(path.open("rb"))
        size = path.stat().st_size
    except OSError:
        raise AigaqError("import.unreadable_file") from None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return UploadedFile(file=file, name=path.name, content_type=kind, size=size)
