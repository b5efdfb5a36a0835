"""The form of a report told to staff: the reporter's questions, and from whom, how and when.

It has no field for the digits of a receipt code. ``mailbox_seed`` is the signing key that the
browser derived from them; it signs this one report and is kept nowhere.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from aigaq.desk import words
from aigaq.desk.forms_new_code import BY_THE_SCRIPT, KEY_BYTES
from aigaq.intake.told import BoxKeys, ToldFile, ToldReport
from aigaq.intake.told_numbers import NO_MAILBOX, WAYS, WITH_CODE
from aigaq.sealing.age_files import parse_hybrid_recipient
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.errors import SealingError

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

#: Numbers of spec/questions.json by kind; those with tiles stand in `words.OPTIONS`.
MANY = (10, 13)
SHORT = (6, 12, 14)
LONG = (4, 5, 7, 8, 9, 11, 15, 18)
NUMBERS = tuple(range(1, 19))
#: Beyond the needed ones, in the order of spec/questions.json.
AUDIENCES = {
    "represent": "lawyer",
    "refer": "partner",
    "complain": "authority",
    "prove": "court",
    "publish": "public",
    "count": "public",
}
SHORT_LENGTH = 300
LONG_LENGTH = 100_000
LANGUAGES = (("kk", _("Kazakh")), ("ru", _("Russian")), ("en", _("English")))


class ManyFilesInput(forms.ClearableFileInput):
    """A control for any number of files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Any number of files, none of them empty."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        """Return the files."""
        clean_one = super().clean
        return [clean_one(one, initial) for one in data or ()]


class NewReportForm(forms.Form):
    """What staff took down. The questions are all optional, as they are for the reporter."""

    told_by = forms.CharField(
        label=_("Told by"),
        help_text=_("A name or a word that you will understand later: mother, neighbour, doctor."),
        max_length=SHORT_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    told_how = forms.ChoiceField(
        label=_("How it was told"),
        choices=[(way, words.OPTIONS[202][way]) for way in WAYS],
        widget=forms.RadioSelect,
    )
    told_when = forms.CharField(
        label=_("When it was told"),
        help_text=_("Day and time, as exactly as you know."),
        max_length=SHORT_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label=_("Language that was spoken"), choices=LANGUAGES, widget=forms.RadioSelect
    )
    attached = ManyFilesField(
        label=_("Files"),
        help_text=_("A photo of the letter, a recording, pictures that were sent."),
        required=False,
    )
    hidden_details = forms.ChoiceField(
        label=_("Hidden details of the files"),
        help_text=_(
            "Photos and videos can hold hidden details, such as place and time. They can be "
            "evidence. They can also show where someone is."
        ),
        required=False,
        choices=[
            ("", _("not asked or not said")),
            ("keep", _("Keep them as evidence")),
            ("strip", _("Remove them before anyone outside the team sees the files")),
        ],
        widget=forms.Select,
    )
    consents = forms.MultipleChoiceField(
        label=_("What was allowed by word of mouth"),
        help_text=_("Only what was asked and answered with a clear yes."),
        choices=[(purpose, words.CONSENTS[purpose]) for purpose in AUDIENCES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    mailbox_seed = forms.CharField(
        max_length=44, required=False, widget=forms.HiddenInput(attrs=BY_THE_SCRIPT)
    )
    mailbox_recipient = forms.CharField(
        max_length=4_096, required=False, widget=forms.HiddenInput(attrs=BY_THE_SCRIPT)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in NUMBERS:
            self.fields[f"q{number}"] = _build_question(number)

    def list_questions(self) -> Iterator[forms.BoundField]:
        """Give the questions as the page shows them."""
        return (self[f"q{number}"] for number in NUMBERS)

    def clean(self) -> dict[str, Any]:
        """Refuse a report that says nothing, and keys that are none."""
        cleaned = super().clean() or {}
        said = any(cleaned.get(f"q{number}") for number in NUMBERS)
        if not said and not cleaned.get("attached") and not self.errors:
            self.add_error("q4", _("Write down what was told, or attach a file."))
        chosen = self.data.get("mailbox")
        if chosen not in (WITH_CODE, NO_MAILBOX):
            self.add_error(None, _("Choose whether a receipt code is drawn."))
        elif chosen == WITH_CODE and self._read_keys(cleaned) is None:
            self.add_error(None, _("Draw the code once more."))
        return cleaned

    @property
    def has_keys(self) -> bool:
        """Tell whether good keys came, so that the paper stays good after a refusal."""
        return self.is_bound and self._read_keys(self.cleaned_data) is not None

    def build_keys(self) -> BoxKeys | None:
        """Return the keys of the mailbox, None if the reporter wants none."""
        if self.data.get("mailbox") == NO_MAILBOX:
            return None
        return self._read_keys(self.cleaned_data)

    def build_report(self) -> ToldReport:
        """Return what staff took down."""
        cleaned = self.cleaned_data
        return ToldReport(
            language=cleaned["language"],
            by=cleaned["told_by"],
            how=cleaned["told_how"],
            when=cleaned["told_when"],
            answers=[
                (number, _join(cleaned[f"q{number}"], number=number))
                for number in NUMBERS
                if cleaned[f"q{number}"]
            ],
            consents=[
                (purpose, audience)
                for purpose, audience in AUDIENCES.items()
                if purpose in cleaned["consents"]
            ],
            files=[
                _take(one, hidden_details=cleaned["hidden_details"] or None)
                for one in cleaned["attached"]
            ],
        )

    def _read_keys(self, cleaned: dict[str, Any]) -> BoxKeys | None:
        try:
            seed = decode_base64(cleaned.get("mailbox_seed", ""))
            recipient = cleaned.get("mailbox_recipient", "")
            parse_hybrid_recipient(recipient, code="report.bad_header")
        except SealingError:
            return None
        if len(seed) != KEY_BYTES:
            return None
        return BoxKeys(key=Ed25519PrivateKey.from_private_bytes(seed), recipient=recipient)


def _build_question(number: int) -> forms.Field:
    label = cast("_StrPromise", words.QUESTIONS[number])
    options = words.OPTIONS.get(number)
    if options is None:
        is_long = number in LONG
        return forms.CharField(
            label=label,
            required=False,
            max_length=LONG_LENGTH if is_long else SHORT_LENGTH,
            widget=forms.Textarea(attrs={"rows": 8 if number == 4 else 3, "autocomplete": "off"})
            if is_long
            else forms.TextInput(attrs={"autocomplete": "off"}),
        )
    if number in MANY:
        return forms.MultipleChoiceField(
            label=label,
            required=False,
            choices=list(options.items()),
            widget=forms.CheckboxSelectMultiple,
        )
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", _("not asked or not said")), *options.items()],
        widget=forms.Select,
    )


def _join(value: str | list[str], *, number: int) -> str:
    """Return an answer as spec/questions.md writes it: tiles in the order of the list."""
    if isinstance(value, str):
        return value
    return " ".join(option for option in words.OPTIONS[number] if option in value)


def _take(file: "UploadedFile[Any]", *, hidden_details: str | None) -> ToldFile:
    assert file.file is not None  # noqa: S101 - an uploaded file has one.
    return ToldFile(
        content=cast("BinaryIO", file.file),
        size_bytes=file.size or 0,
        name=(file.name or "")[:250],
        media_type=(file.content_type or "application/octet-stream")[:255],
        hidden_details=hidden_details,
    )
