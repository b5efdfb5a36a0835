"""The form of a second channel that was agreed in a meeting: how, by whom of the team, and when."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aigaq.desk.forms_consents import DAY, MINUTE
from aigaq.intake.second_channel import NAME_LENGTH, TEXT_LENGTH


class SecondChannelForm(forms.Form):
    """What was agreed, and in which meeting."""

    text = forms.CharField(
        label=_("How to ask the reporter once more"),
        help_text=_("In the reporter's words. Such as: through my sister; only when we meet."),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    agreed_by = forms.CharField(
        label=_("Who of the team agreed it with the reporter"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    met_on = forms.DateField(
        label=_("Day of the meeting"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    )
    met_at = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs=MINUTE, format="%H:%M"))

    def clean(self) -> dict[str, Any]:
        """Refuse what lies in the future: a slip of the finger."""
        cleaned = super().clean() or {}
        if "met_on" in cleaned and "met_at" in cleaned and self._moment(cleaned) > timezone.now():
            self.add_error("met_on", _("This day and time have not come yet."))
        return cleaned

    @property
    def moment(self) -> datetime:
        """Return when the meeting was."""
        return self._moment(self.cleaned_data)

    def _moment(self, cleaned: dict[str, Any]) -> datetime:
        return timezone.make_aware(datetime.combine(cleaned["met_on"], cleaned["met_at"]))
