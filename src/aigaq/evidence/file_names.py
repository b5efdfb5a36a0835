"""File names that every system takes, made of names that a phone gave in any script.

The name as it was stands in the package too, under its leaf; this one is only where bytes lie.
"""

import re
import unicodedata

_MAXIMUM_BYTES = 120
_MAXIMUM_SUFFIX = 10
# Control and format characters (such as those that turn a line round), lone surrogates, private
# use, what is not assigned, separators of lines: what nobody sees, or not everyone alike.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?\Z", re.IGNORECASE)


def make_safe_name(name: str) -> str:
    """Return a file name for any system: no separators, nothing invisible, at most 120 bytes.

    It never ends with a dot or a space and is none of the names that Windows keeps for devices.
    """
    text = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    text = "".join(one for one in text if unicodedata.category(one) not in _HIDDEN)
    text = unicodedata.normalize("NFC", re.sub(r'[<>:"|?*%]', "_", text)).strip(". ")
    stem, dot, suffix = text.rpartition(".")
    if not dot:
        stem, suffix = text, ""
    suffix = suffix[:_MAXIMUM_SUFFIX].rstrip(". ")
    room = _MAXIMUM_BYTES - len(suffix.encode("utf-8")) - 1
    stem = _cut(stem, maximum_bytes=room).strip(". ") or "item"
    safe = unicodedata.normalize("NFC", f"{stem}.{suffix}" if suffix else stem)
    return f"_{safe}" if _RESERVED.match(safe) else safe


def _cut(text: str, *, maximum_bytes: int) -> str:
    return text.encode("utf-8")[:maximum_bytes].decode("utf-8", errors="ignore")
