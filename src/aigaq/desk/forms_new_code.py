"""The form that binds a new mailbox. It has no field for the digits: they never come here."""

from django import forms
from django.utils.translation import gettext_lazy as _

from aigaq.sealing.age_files import parse_hybrid_recipient
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.errors import SealingError

KEY_BYTES = 32
BY_THE_SCRIPT = {"autocomplete": "off"}


class NewCodeForm(forms.Form):
    """Why, that someone made sure of who asks, and what the browser derived from the digits."""

    reason = forms.ChoiceField(
        label=_("Why a new code is needed"),
        choices=[
            ("lost", _("The code is lost")),
            ("seen", _("Someone else has seen the code")),
        ],
        widget=forms.RadioSelect(attrs={"form": "bind"}),
    )
    sure = forms.BooleanField(
        label=_("I have made sure that it is the reporter who asks, and of free will"),
        widget=forms.CheckboxInput(attrs={"form": "bind"}),
    )
    mailbox_key = forms.CharField(max_length=44, widget=forms.HiddenInput(attrs=BY_THE_SCRIPT))
    mailbox_recipient = forms.CharField(
        max_length=4_096, widget=forms.HiddenInput(attrs=BY_THE_SCRIPT)
    )

    def clean_mailbox_key(self) -> bytes:
        """Return the 32 bytes of the new mailbox's public key."""
        try:
            key = decode_base64(self.cleaned_data["mailbox_key"])
        except SealingError:
            key = b""
        if len(key) != KEY_BYTES:
            raise forms.ValidationError(_("Draw the code once more."))
        return key

    def clean_mailbox_recipient(self) -> str:
        """Return the new mailbox's recipient, if it is one that our formats use."""
        recipient: str = self.cleaned_data["mailbox_recipient"]
        try:
            parse_hybrid_recipient(recipient, code="rebind.bad_form")
        except SealingError:
            raise forms.ValidationError(_("Draw the code once more.")) from None
        return recipient
