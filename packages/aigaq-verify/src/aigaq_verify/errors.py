"""The one error of this package; ``spec/policy.md`` lists its codes."""


class VerifyError(Exception):
    """Something is not what it must be: ``code`` says what, ``where`` in which file or item."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(f"{code} ({where})" if where else code)
        self.code = code
        self.where = where

    def at(self, where: str) -> "VerifyError":
        """Return the same error with the place where it was found, if it has none yet."""
        return self if self.where else VerifyError(self.code, where)
