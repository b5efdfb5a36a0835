"""The one error of this package; the codes stand in ``spec/log.md``."""

from aigaq.errors import AigaqError


class TlogError(AigaqError):
    """A note, checkpoint, proof, tile or request that is not what it must be."""
