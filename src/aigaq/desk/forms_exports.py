"""The form of a package: which files, for whom, open or sealed, and the languages of its papers."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aigaq.age import X25519Recipient
from aigaq.consent.shapes import PURPOSES
from aigaq.desk import export_words, words
from aigaq.desk.forms_consents import DAY
from aigaq.desk.forms_new_report import LANGUAGES
from aigaq.intake import handing_over
from aigaq.intake.errors import PackageRefused
from aigaq.intake.export_shapes import OfferedReport
from aigaq.intake.exports import RECIPIENT_LENGTH
from aigaq.intake.package_gathering import PackageChoice
from aigaq.intake.packaging import read_recipient

OPEN, SEALED = "open", "sealed"
KEY_LENGTH = 100


class ExportForm(forms.Form):
    """What someone wants to hand out. An item is named by the report's number and its own."""

    items = forms.MultipleChoiceField(
        label=_("Files"),
        error_messages={"required": _("Choose at least one file.")},
        widget=forms.CheckboxSelectMultiple,
    )
    recipient = forms.CharField(
        label=_("Who gets it"),
        help_text=_("A name or an office. It stays at the desk and stands in no package."),
        max_length=RECIPIENT_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    cover = forms.ChoiceField(
        label=_("How the files lie in it"),
        choices=[
            (OPEN, _("Open: whoever holds the package can look at them")),
            (SEALED, _("Sealed: only the one person whose key you enter can open them")),
        ],
        initial=OPEN,
        widget=forms.RadioSelect,
    )
    key = forms.CharField(
        label=_("Public age key of that person"),
        help_text=_(
            "Only for a sealed package. It begins with age1. Get it from the person directly and"
            " compare it by another way: whoever holds the key to it can open the files."
        ),
        max_length=KEY_LENGTH,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
        ),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages of the papers"),
        help_text=_(
            "Summary and “how to check this yourself” in each; inventory, act of handover and"
            " motion in Kazakh and Russian only."
        ),
        choices=LANGUAGES,
        initial=["kk", "ru"],
        error_messages={"required": _("Choose at least one language.")},
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, offered: Sequence[OfferedReport], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["items"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - for the type only.
        field.choices = [(value, value) for value in _list_values(offered)]
        self.recipient_key: X25519Recipient | None = None

    def clean(self) -> dict[str, Any]:
        """Refuse a seal without a key, and a key that is none."""
        cleaned = super().clean() or {}
        if cleaned.get("cover") == SEALED and "key" in cleaned:
            try:
                self.recipient_key = read_recipient(cleaned["key"].strip())
            except PackageRefused as refused:
                self.add_error("key", words.say(export_words.REFUSALS, refused.code))
        return cleaned

    def build_choice(self, *, purpose: str) -> PackageChoice:
        """Return what was chosen."""
        items: dict[int, tuple[int, ...]] = {}
        for value in self.cleaned_data["items"]:
            report, number = (int(part) for part in value.split("-"))
            items[report] = (*items.get(report, ()), number)
        return PackageChoice(
            items=dict(sorted(items.items())),
            purpose=purpose,
            audience=PURPOSES[purpose],
            sealed_to=self.recipient_key,
            languages=tuple(self.cleaned_data["languages"]),
        )


def name_item(report: OfferedReport, *, number: int) -> str:
    """Return how the form calls an item."""
    return f"{report.register_number}-{number}"


def _list_values(offered: Iterable[OfferedReport]) -> Iterable[str]:
    for report in offered:
        for item in report.items:
            if not item.hindrance:
                yield name_item(report, number=item.number)


class HandoverForm(forms.Form):
    """To whom a package was really handed over, when, by whom, under which act."""

    to = forms.CharField(
        label=_("To whom"),
        help_text=_("The office or court, and who took it there."),
        max_length=handing_over.LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    on = forms.DateField(
        label=_("On which day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    )
    carried_by = forms.CharField(
        label=_("Who of us handed it over"),
        max_length=handing_over.LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    act = forms.CharField(
        label=_("Act of handover"),
        help_text=_("Its number and day, as both sides signed it."),
        max_length=handing_over.LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def build(self) -> handing_over.Handover:
        """Return what was written down."""
        return handing_over.Handover(**self.cleaned_data)
