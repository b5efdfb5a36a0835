"""The way from one leaf of a report to its root, so that the others stay hidden.

Source: RFC 6962 section 2.1.1; ``spec/report.md``, "Commitment".
"""

from collections.abc import Sequence

from aigaq.sealing.encoding import merkle_root


def build_leaf_path(leaves: Sequence[bytes], *, index: int) -> list[bytes]:
    """Return the inclusion path of the leaf at ``index``: from its sibling up."""
    low, high, path = 0, len(leaves), []
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if index < middle:
            path.append(merkle_root(leaves[middle:high]))
            high = middle
        else:
            path.append(merkle_root(leaves[low:middle]))
            low = middle
    return path[::-1]
