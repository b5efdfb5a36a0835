"""The errors of jurisdictions."""

from aigaq.errors import AigaqError


class PackError(AigaqError):
    """A pack is missing, or says something that it may not say."""
