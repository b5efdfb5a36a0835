"""The one error of this package.

Codes are those that the pages in ``spec/`` name, ``report.wrong_hash`` for example. Whatever bytes
come in, nothing else is raised because of them.
"""

from aigaq.errors import AigaqError


class SealingError(AigaqError):
    """A report, message, card, receipt or request that is not what its page says."""
