"""The error tree of the whole project.

One error carries one code, which is at once the value in an API answer, in the log, in a test and
the key of its translation. The context holds identifiers and sizes, never personal data, content,
keys or receipt codes.
"""


class AigaqError(Exception):
    """Something that a caller or a person must learn about, named by ``code``.

    ``code`` is dotted lower case, such as ``sealing.wrong_check_digit``. ``context`` holds values
    that a message may name: numbers, ids, member names that we chose ourselves.
    """

    def __init__(self, code: str, **context: object) -> None:
        super().__init__(code)
        self.code = code
        self.context = context

    def __str__(self) -> str:
        if not self.context:
            return self.code
        facts = ", ".join(f"{name}={value}" for name, value in sorted(self.context.items()))
        return f"{self.code} ({facts})"
