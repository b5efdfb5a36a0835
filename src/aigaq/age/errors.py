"""What can go wrong with an age file or key, as one tree.

A file that is sound but locked to somebody else (`NotForMeError`) is kept apart from a file that is
damaged or forged (`DamagedFileError`): the first asks for another identity, the second for
suspicion. Codes begin with ``age.``; no context holds a key, a passphrase or content.
"""

from aigaq.errors import AigaqError


class AgeError(AigaqError):
    """Anything that this package refuses."""


class NotForMeError(AgeError):
    """The header is well formed, and none of the given identities opens it."""

    def __init__(self) -> None:
        super().__init__("age.not_for_me")


class DamagedFileError(AgeError):
    """The file breaks the format, was cut, or was altered."""


class ArmorError(DamagedFileError):
    """The text around the file is not the one strict form of armour."""

    def __init__(self) -> None:
        super().__init__("age.bad_armor")


class HeaderError(DamagedFileError):
    """The header, or a stanza addressed to one of the identities, breaks the format."""


class HeaderMacError(DamagedFileError):
    """A file key was found, and the header is not the one that was made with it."""

    def __init__(self) -> None:
        super().__init__("age.bad_header_mac")


class PayloadError(DamagedFileError):
    """The payload was altered, reordered, cut or continued."""


class RecipientsError(AgeError):
    """These recipients cannot, or must not, share one file."""


class KeyTextError(AgeError):
    """This text or value is not a recipient, an identity or a passphrase."""
