"""Turns a hostile item into pixels, samples or plain text that a browser may show.

Two sandboxed children, never one: the first decodes hostile bytes and may answer with raw pixels,
raw samples or text only, whose sizes are checked here; the second encodes those raw values and has
never seen a hostile byte. So what reaches a browser was written by an encoder that nobody attacked.
Without bubblewrap nothing is shown (``preview.no_bubblewrap``). Source: PROTOCOL 32.
"""

from aigaq.redaction.preview.errors import PreviewError
from aigaq.redaction.preview.make import Made, make_previews

__all__ = ["Made", "PreviewError", "make_previews"]
