"""An exported chat becomes one report: the export, its transcript and its files, or nothing."""

from pathlib import Path

import pytest
from tests import chat_exports as samples
from tests.conftest import Founding

from aigaq.core import blob_store
from aigaq.evidence.models import Item
from aigaq.intake import models
from aigaq.intake.chat_import import import_chat, run_import_chat_command
from aigaq.intake.chats import ChatError

pytestmark = pytest.mark.django_db
VOICE = "PTT-20260512-WA0003.opus"
SAID = {"told_by": "тётя", "told_when": "12 мая", "language": "ru"}


def lay(folder: Path, data: bytes, *, name: str = "chat.zip") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_the_export_its_transcript_and_each_file_are_items_received_from_another(
    founding: Founding, tmp_path: Path
) -> None:
    data = samples.pack({"WhatsApp Chat.txt": samples.ANDROID_RU, VOICE: samples.VOICE})

    done = import_chat(lay(tmp_path, data), actor=founding.founder, **SAID)

    assert (done.messages, done.media, done.left_out) == (5, 1, 1)
    assert done.missing == ("IMG-20260512-WA0004.jpg",)
    items = list(done.report.items.order_by("number"))
    assert [one.name for one in items] == ["chat.zip", "transcript.txt", VOICE]
    kept = [b"".join(blob_store.read_chunks(one.blob_id)) for one in items if one.blob_id]
    assert kept[0] == data
    assert f"-> item 2: {VOICE}" in kept[1].decode()
    assert "-> missing: IMG-20260512-WA0004.jpg" in kept[1].decode()
    assert kept[2] == samples.VOICE
    assert {one.provenance for one in Item.objects.all()} == {"received"}
    said = dict(done.report.answers.values_list("number", "value"))
    assert (said[201], said[202], said[203]) == ("тётя", "messenger", "12 мая")


def test_what_was_said_of_hidden_details_holds_for_the_export_too(
    founding: Founding, tmp_path: Path
) -> None:
    data = samples.pack({"WhatsApp Chat.txt": samples.ANDROID_RU, VOICE: samples.VOICE})
    path = lay(tmp_path, data)

    run_import_chat_command({"path": str(path), **SAID, "hidden_details": "strip"})

    said = dict(Item.objects.values_list("name", "hidden_details"))
    assert said == {"chat.zip": "strip", "transcript.txt": None, VOICE: "strip"}


@pytest.mark.parametrize("place", ["start", "middle"])
def test_a_chat_with_a_damaged_file_files_nothing(
    place: str, founding: Founding, tmp_path: Path
) -> None:
    data = bytearray(samples.pack({"a.bin": bytes(range(256)) * 9, "_chat.txt": samples.PHONE_RU}))
    begin, end = data.index(b"a.bin") + 5, data.index(b"PK", 4)
    at = {"start": begin, "middle": (begin + end) // 2}[place]
    data[at] ^= 0xFF
    path = lay(tmp_path, bytes(data))

    with pytest.raises(ChatError) as caught:
        import_chat(path, actor=founding.founder, **SAID)

    assert caught.value.code == "chat.damaged_archive"
    assert not models.Report.objects.exists()
    assert path.read_bytes() == bytes(data)


def test_the_command_says_what_was_filed(founding: Founding, tmp_path: Path) -> None:
    path = lay(tmp_path, samples.build_telegram().encode(), name="result.json")

    answer = run_import_chat_command({"path": str(path), **SAID})

    assert (answer["register_number"], answer["state"]) == (1, "filed")
    assert answer["messages"] == 5
    assert len(answer["missing"]) == 2
