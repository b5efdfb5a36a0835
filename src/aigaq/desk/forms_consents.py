"""The forms of consent by word of mouth: what was allowed or taken back, how, to whom, and when."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aigaq.consent.services import HEARD_LENGTH, LIMITS_LENGTH
from aigaq.consent.shapes import PURPOSES
from aigaq.desk import words
from aigaq.intake.shapes import ItemDetail
from aigaq.intake.told_numbers import WAYS

WHOLE, SOME = "whole", "some"
DETAIL_LENGTH = 120
DAY = {"type": "date", "autocomplete": "off"}
MINUTE = {"type": "time", "autocomplete": "off"}


class SaidForm(forms.Form):
    """How, to whom and when the reporter said something. Subclasses ask what was said."""

    how = forms.ChoiceField(
        label=_("How it was said"),
        choices=[(way, words.OPTIONS[202][way]) for way in WAYS],
        widget=forms.RadioSelect,
    )
    detail = forms.CharField(
        label=_("More about that"),
        help_text=_("Such as: the letter lies in the safe; the number was known to us."),
        max_length=DETAIL_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    heard_by = forms.CharField(
        label=_("Who heard or read it"),
        max_length=HEARD_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    said_on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    said_at = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs=MINUTE, format="%H:%M"))

    def clean(self) -> dict[str, Any]:
        """Refuse what lies in the future: a slip of the finger."""
        cleaned = super().clean() or {}
        moment = self._build_moment(cleaned)
        if moment is not None and moment > timezone.now() + timedelta(minutes=1):
            self.add_error("said_on", _("This day and time have not come yet."))
        return cleaned

    @property
    def way(self) -> str:
        """Return how it was said, in words."""
        way = words.say(words.OPTIONS[202], self.cleaned_data["how"])
        detail = " ".join(self.cleaned_data["detail"].split())
        return f"{way}: {detail}" if detail else way

    @property
    def moment(self) -> datetime:
        """Return when it was said; a minute that is just passing counts as now."""
        moment = self._build_moment(self.cleaned_data)
        assert moment is not None  # noqa: S101 - a valid form has both.
        return min(moment, timezone.now())

    def _build_moment(self, cleaned: dict[str, Any]) -> datetime | None:
        day, minute = cleaned.get("said_on"), cleaned.get("said_at")
        if not isinstance(day, date) or not isinstance(minute, time):
            return None
        return timezone.make_aware(datetime.combine(day, minute))


class GrantForm(SaidForm):
    """What the reporter allowed by word of mouth."""

    field_order = (
        "purpose",
        "scope",
        "items",
        "limits",
        "until",
        "how",
        "detail",
        "heard_by",
        "said_on",
        "said_at",
    )
    purpose = forms.ChoiceField(
        label=_("What was allowed"),
        choices=[(purpose, words.CONSENTS[purpose]) for purpose in PURPOSES],
        widget=forms.RadioSelect,
    )
    scope = forms.ChoiceField(
        label=_("For what"),
        choices=[(WHOLE, _("the whole report with all its files")), (SOME, _("only these files"))],
        widget=forms.RadioSelect,
    )
    limits = forms.CharField(
        label=_("Limits and recipients"),
        help_text=_(
            "As they were said: for whom alone, for what not. It goes into every package for this"
            " purpose, so write nothing that its reader must not know."
        ),
        max_length=LIMITS_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    until = forms.DateField(
        label=_("Until when"),
        help_text=_("The last day. Empty: until it is taken back."),
        required=False,
        widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, items: Iterable[ItemDetail], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"] = forms.MultipleChoiceField(
            label=_("Files"),
            choices=[(str(one.number), one.name) for one in items],
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        """Refuse "only these files" without a file, and an end that is over."""
        cleaned = super().clean()
        if cleaned.get("scope") == SOME and not cleaned.get("items"):
            self.add_error("items", _("Choose the files, or the whole report."))
        until = cleaned.get("until")
        if until is not None and until < timezone.localdate():
            self.add_error("until", _("This day is over already."))
        return cleaned

    @property
    def items(self) -> list[int] | None:
        """Return the numbers of the files, None for the whole report."""
        if self.cleaned_data["scope"] == WHOLE:
            return None
        return [int(one) for one in self.cleaned_data["items"]]

    @property
    def valid_until(self) -> datetime | None:
        """Return the end of the last day, None without one."""
        day: date | None = self.cleaned_data["until"]
        if day is None:
            return None
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


class WithdrawForm(SaidForm):
    """What the reporter took back by word of mouth."""

    reason = forms.CharField(
        label=_("What was said about it"),
        help_text=_("Nobody has to give a reason. Write only what the reporter wanted noted."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
