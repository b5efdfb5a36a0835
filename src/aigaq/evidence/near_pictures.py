"""Pictures that are nearly the same: copies, crops of a screen, frames of one video.

The sandbox gives each picture 64 bits (a difference hash); near pictures differ in few of them. It
is a hint for people, who see both side by side, and proves nothing. Source: D. Neal, "Kind of Like
That" (2013), on difference hashes.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from aigaq.evidence import models
from aigaq.evidence.shapes import NearItem

#: Of 64 bits. At 8, two pictures without anything in common meet once in three thousand million.
NEAR_BITS = 8
SHOWN = 12


@transaction.atomic
def note_marks(item: models.Item, *, marks: Iterable[tuple[models.StoredFile, bytes]]) -> None:
    """Keep the marks of an item's pictures, and which pictures of other items are near."""
    made = [
        models.PictureMark.objects.create(item=item, file=file, bits=bits) for file, bits in marks
    ]
    if not made:
        return
    ours = [(one, int.from_bytes(bytes(one.bits), "big")) for one in made]
    others = models.PictureMark.objects.exclude(item=item).values_list("pk", "bits")
    pairs = []
    for pk, bits in others.iterator(chunk_size=10_000):
        theirs = int.from_bytes(bytes(bits), "big")
        for mark, value in ours:
            apart = (value ^ theirs).bit_count()
            if apart <= NEAR_BITS:
                pairs.append(models.NearPictures(first=mark, second_id=pk, bits_apart=apart))
    models.NearPictures.objects.bulk_create(pairs)


def forget_marks(report: models.FiledReport) -> None:
    """Forget the marks of a report's pictures, and what they are near to."""
    marks = models.PictureMark.objects.filter(item__filed=report)
    models.NearPictures.objects.filter(Q(first__in=marks) | Q(second__in=marks)).delete()
    models.PictureMark.objects.filter(item__filed=report).delete()


def list_near(*, report_id: bytes, item_number: int) -> tuple[NearItem, ...]:
    """Return items with a picture near to one of this item's, the nearest first, each once."""
    of_ours = Q(item__filed__report_id=report_id, item__number=item_number)
    marks = models.PictureMark.objects.filter(of_ours)
    pairs = models.NearPictures.objects.filter(Q(first__in=marks) | Q(second__in=marks))
    pairs = pairs.select_related(
        "first__item__filed", "first__file", "second__item__filed", "second__file"
    ).order_by("bits_apart", "pk")
    near: dict[object, NearItem] = {}
    for pair in pairs[: SHOWN * 36]:  # A video has six pictures, so a pair of them 36.
        first, second = pair.first, pair.second
        is_ours = (bytes(first.item.filed.report_id), first.item.number) == (report_id, item_number)
        ours, theirs = (first, second) if is_ours else (second, first)
        near.setdefault(
            theirs.item_id,
            NearItem(
                report_id=bytes(theirs.item.filed.report_id),
                item_number=theirs.item.number,
                bits_apart=pair.bits_apart,
                is_same_file=bytes(ours.item.sha256) == bytes(theirs.item.sha256),
                ours=ours.file.blob_id,
                theirs=theirs.file.blob_id,
            ),
        )
    return tuple(near.values())[:SHOWN]
