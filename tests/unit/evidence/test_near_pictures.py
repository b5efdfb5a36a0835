"""Pictures that are nearly the same are found, whatever their size and quality."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import av
import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageChops, ImageDraw, ImageEnhance
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq import clock
from aigaq.accounts.models import Staff
from aigaq.evidence import custody
from aigaq.evidence.models import NearPictures, PictureMark
from aigaq.evidence.shapes import name_person
from aigaq.intake import models, previews, selectors, viewing

pytestmark = pytest.mark.django_db


def paint(*, seed: int) -> Image.Image:
    """Paint a fictional scene: each seed another one."""
    picture = Image.linear_gradient("L").resize((640, 480)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for step in range(9):
        left, top = (seed * 97 + step * 151) % 560, (seed * 53 + step * 89) % 400
        colour = ((seed * 31 + step * 67) % 255, (step * 40) % 255, (seed * 11) % 255)
        draw.rectangle((left, top, left + 40 + step * 12, top + 30 + step * 9), fill=colour)
    return picture


def encode(picture: Image.Image, *, kind: str = "JPEG", quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **({"quality": quality} if kind == "JPEG" else {}))
    return buffer.getvalue()


def send(founding: Founding, data: bytes) -> Carried:
    carried = carry_report(founding, items=[("photo.jpg", "image/jpeg", data)])
    previews.preview_item(item_id=carried.report.items.get().pk)
    return carried


def near_of(founding: Founding, carried: Carried) -> list[int]:
    item = carried.report.items.get()
    near = selectors.list_near(actor=founding.founder, item_id=item.pk)
    return [one.register_number for one in near]


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: encode(picture, quality=25),
        lambda picture: encode(picture.resize((200, 150))),
        lambda picture: encode(picture, kind="PNG"),
        lambda picture: encode(ImageEnhance.Brightness(picture).enhance(1.2)),
        lambda picture: encode(picture.convert("L")),
    ],
    ids=["compressed", "smaller", "another form", "brighter", "grey"],
)
def test_a_copy_that_was_made_anew_is_found(founding: Founding, change: object) -> None:
    first = send(founding, encode(paint(seed=1)))
    other = send(founding, encode(paint(seed=2)))
    copy = send(founding, change(paint(seed=1)))  # type: ignore[operator]
    assert near_of(founding, copy) == [first.report.register_number]
    assert near_of(founding, first) == [copy.report.register_number]
    assert near_of(founding, other) == []


def encode_video(*, seed: int, width: int, bit_rate: int) -> bytes:
    """Make three seconds in which the scene slides to the left."""
    buffer = io.BytesIO()
    build_frame: Any = av.VideoFrame
    scene = paint(seed=seed)
    with av.open(buffer, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, width * 3 // 4, "yuv420p"
        stream.bit_rate = bit_rate
        for number in range(30):
            picture = ImageChops.offset(scene, -8 * number, 0).resize((width, width * 3 // 4))
            container.mux(stream.encode(build_frame.from_image(picture)))
        container.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.slow
def test_a_video_that_was_made_smaller_is_found(founding: Founding) -> None:
    def send_video(data: bytes) -> Carried:
        carried = carry_report(founding, items=[("clip.mp4", "video/mp4", data)])
        previews.preview_item(item_id=carried.report.items.get().pk)
        return carried

    first = send_video(encode_video(seed=5, width=640, bit_rate=2_000_000))
    other = send_video(encode_video(seed=6, width=640, bit_rate=2_000_000))
    smaller = send_video(encode_video(seed=5, width=320, bit_rate=300_000))
    assert near_of(founding, smaller) == [first.report.register_number]
    assert near_of(founding, other) == []


def test_the_same_file_is_said_to_be_the_same(founding: Founding) -> None:
    data = encode(paint(seed=3))
    send(founding, data)
    again = send(founding, data)
    (near,) = selectors.list_near(actor=founding.founder, item_id=again.report.items.get().pk)
    assert near.is_same_file


def test_pictures_without_contrast_are_near_to_nothing(founding: Founding) -> None:
    for shade in ("black", "#050505"):
        send(founding, encode(Image.new("RGB", (640, 480), shade)))
    assert PictureMark.objects.count() == 0


def test_a_forgotten_report_leaves_no_mark(founding: Founding) -> None:
    first, copy = (send(founding, encode(paint(seed=4))) for _ in range(2))
    assert NearPictures.objects.exists()
    erase_report(actor=founding.founder, report_id=first.report.pk, reason="asked")
    assert not NearPictures.objects.exists()
    assert near_of(founding, copy) == []
    assert PictureMark.objects.count() == 1


def test_the_picture_of_another_report_that_is_shown_beside_is_opened_on_record(
    founding: Founding, browser_of: Callable[[Staff], Client], staff_of: Callable[[str], Staff]
) -> None:
    first = send(founding, encode(paint(seed=1)))
    copy = send(founding, encode(paint(seed=1), quality=25))
    lawyer = staff_of("lawyer")
    browser = browser_of(lawyer)
    page = browser.get(reverse("report-item", args=[copy.report.items.get().pk])).content.decode()
    beside = [
        one
        for one in models.Preview.objects.filter(item__report=first.report)
        if reverse("preview", args=[one.pk]) in page
    ]
    assert beside
    assert read_opened(first) == []
    for one in beside * 2:
        assert browser.get(reverse("preview", args=[one.pk])).status_code == 200
    assert read_opened(first) == [name_person(lawyer)]


def read_opened(carried: Carried) -> list[str]:
    """Return who opened an item of a report, as custody says."""
    events = custody.list_events(report_id=bytes(carried.report.report_id))
    return [one.by for one in events if (one.event, one.item_number) == ("opened", 0)]


def test_a_preview_is_part_of_the_opening_of_its_item_by_the_same_person_for_a_while(
    founding: Founding, staff_of: Callable[[str], Staff]
) -> None:
    carried = send(founding, encode(paint(seed=1)))
    item = carried.report.items.get()
    preview = item.previews.all()[0]
    viewing.open_item(actor=founding.founder, item_id=item.pk)
    viewing.read_preview(actor=founding.founder, preview_id=preview.pk)
    assert len(read_opened(carried)) == 1
    viewing.read_preview(actor=staff_of("lawyer"), preview_id=preview.pk)
    assert len(read_opened(carried)) == 2
    models.Opening.objects.update(at=clock.now() - viewing.ONE_LOOK)
    viewing.read_preview(actor=founding.founder, preview_id=preview.pk)
    assert len(read_opened(carried)) == 3
    # A look by a clock that was ahead covers no later one.
    models.Opening.objects.update(at=clock.now() + timedelta(days=900))
    viewing.read_preview(actor=founding.founder, preview_id=preview.pk)
    assert len(read_opened(carried)) == 4
