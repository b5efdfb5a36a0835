"""The one error of this package."""

from aigaq.errors import AigaqError


class WatchError(AigaqError):
    """A log cannot be seen, or not now: ``watch.unreachable``, ``watch.bad_answer``, ``.no_tile``.

    The command line adds ``watch.bad_log``, ``watch.bad_seed``, ``watch.other_root``,
    ``watch.memory_lost``.
    """
