"""Words for timestamps: what an alarm is about, and what a person can do."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ALARMS: Mapping[str, Promise] = {
    "timestamp.bad_answer": _("A timestamp authority gave an answer that cannot be read"),
    "timestamp.bad_authority": _("The certificates of a timestamp authority cannot be read"),
    "timestamp.bad_status": _("The server of a timestamp authority answers with an error"),
    "timestamp.cannot_renew": _("A timestamp ends soon and cannot be renewed yet"),
    "timestamp.expired_signer": _("A timestamp authority signs with a certificate that has ended"),
    "timestamp.refused": _("A timestamp authority refuses"),
    "timestamp.renewed_late": _("A timestamp was renewed after its certificate had ended"),
    "timestamp.revoked": _("A timestamp authority signs with a revoked certificate"),
    "timestamp.revoked_since": _("A certificate behind a timestamp was revoked later"),
    "timestamp.short_lived": _("A timestamp could not be renewed for longer"),
    "timestamp.too_large": _("A timestamp authority gives too large an answer"),
    "timestamp.too_slow": _("A timestamp authority did not answer in time"),
    "timestamp.unknown_root": _("A timestamp was signed by someone whom we do not know"),
    "timestamp.unreachable": _("A timestamp authority cannot be reached"),
    "timestamp.wrong_imprint": _("A timestamp is over something else than we asked about"),
    "timestamp.wrong_nonce": _("A timestamp was made for another request"),
    "timestamp.wrong_signature": _("The signature of a timestamp is wrong"),
    "timestamp.wrong_time": _("A timestamp authority and this computer disagree about the time"),
}

_LINE = _(
    "The desk asks it again by itself. If nothing changes within a day, check the connection and"
    " the address of the authority."
)
_TELL = _(
    "No token was taken. Write to the authority, or name another one. The other authorities are"
    " asked as before."
)
_DOUBT = _(
    "No token was taken. Someone may stand between the desk and the authority. Compare its root"
    " certificate with the published one, by another way."
)
_CLOCK = _("No token was taken. First check the clock of this computer.")
_RENEW = _("Name another timestamp authority before this one ends.")
_LAWYER = _("The token is kept, with what was known when. Tell the lawyer before it is used.")

ADVICE: Mapping[str, Promise] = {
    "timestamp.bad_answer": _TELL,
    "timestamp.bad_authority": _TELL,
    "timestamp.bad_status": _LINE,
    "timestamp.cannot_renew": _RENEW,
    "timestamp.expired_signer": _TELL,
    "timestamp.refused": _TELL,
    "timestamp.renewed_late": _LAWYER,
    "timestamp.revoked": _TELL,
    "timestamp.revoked_since": _LAWYER,
    "timestamp.short_lived": _TELL,
    "timestamp.too_large": _LINE,
    "timestamp.too_slow": _LINE,
    "timestamp.unknown_root": _DOUBT,
    "timestamp.unreachable": _LINE,
    "timestamp.wrong_imprint": _DOUBT,
    "timestamp.wrong_nonce": _DOUBT,
    "timestamp.wrong_signature": _DOUBT,
    "timestamp.wrong_time": _CLOCK,
}
