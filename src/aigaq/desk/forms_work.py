"""The forms of daily work. They parse; what is allowed is decided by intake."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aigaq.intake.shapes import Person

LETTER_LENGTH = 6000
NOTE_LENGTH = 500


class LetterForm(forms.Form):
    """A letter to the reporter."""

    text = forms.CharField(
        label=_("Letter"),
        help_text=_(
            "It is sealed for this mailbox alone and read on a phone that others may hold. Write no"
            " names and nothing that the reporter would have to explain."
        ),
        max_length=LETTER_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
    )


class HandOverForm(forms.Form):
    """Who works on a report from now on."""

    field_order = ("to", "note")
    note = forms.CharField(
        label=_("Note for the colleague"),
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def __init__(self, *args: object, people: Iterable[Person], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["to"] = forms.ChoiceField(
            label=_("Who works on it"),
            choices=[("", _("nobody yet")), *((str(who.id), who.name) for who in people)],
            required=False,
        )


class DecisionForm(forms.Form):
    """What a person decided on a request of the reporter."""

    decision = forms.ChoiceField(
        label=_("What was decided"),
        choices=[
            ("done", _("Done as asked")),
            ("kept", _("Kept after talking with the reporter")),
            ("refused", _("Not possible")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Why"),
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )


class EraseForm(forms.Form):
    """Why a report is erased; its number is typed, so that no tap erases the wrong one."""

    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[
            ("asked", _("The reporter asked for it, and I made sure of it")),
            ("no_report", _("It is no report: a trial, an advertisement, empty")),
        ],
        widget=forms.RadioSelect,
    )
    confirmed = forms.ChoiceField(
        label=_("Confirmed over the second channel"),
        choices=[
            ("yes", _("Yes: we asked there, and the reporter wants it")),
            ("no", _("No")),
        ],
        widget=forms.RadioSelect,
    )
    why = forms.CharField(
        label=_("Why, if it is not confirmed"),
        help_text=_(
            "Such as: said in a meeting, alone. No answer is no yes: then leave it as it is."
        ),
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    number = forms.IntegerField(
        label=_("Number of the report"),
        help_text=_("Type it, so that it is surely this one."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def __init__(self, *args: object, register_number: int, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._register_number = register_number

    def clean(self) -> dict[str, Any]:
        """Ask for the reason of going on without a yes."""
        cleaned = super().clean() or {}
        if cleaned.get("confirmed") == "no" and not (cleaned.get("why") or "").strip():
            self.add_error("why", _("Write why it goes on without a yes."))
        return cleaned

    def clean_number(self) -> int:
        """Refuse the number of another report."""
        number: int = self.cleaned_data["number"]
        if number != self._register_number:
            raise forms.ValidationError(_("This is the number of another report."))
        return number


class NoteForm(forms.Form):
    """Why an alarm is closed."""

    note = forms.CharField(
        label=_("What you found out"),
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )


class ReportFileForm(forms.Form):
    """A sealed report that came as a file."""

    file = forms.FileField(
        label=_("Sealed report"),
        help_text=_("A file called backup-1234.tar or ending in .aigaq, as it came."),
    )
