"""Reads what a file claims of its own origin (C2PA): claims, not proofs.

A sandboxed child without network reads the manifest; fetching one from elsewhere and asking a
certificate's responder are turned off besides. Nothing that a file names is ever called.
"""

from aigaq.redaction.claims.read import Claims, ClaimsError, find_kind, read_claims

__all__ = ["Claims", "ClaimsError", "find_kind", "read_claims"]
