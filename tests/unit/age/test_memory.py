"""A file of any size goes through in constant memory."""

import subprocess
import sys

PROGRAM = """
import resource, sys
from aigaq import age

class Zeros:
    def __init__(self, size):
        self.left = size
    def read(self, size):
        size = min(size, self.left)
        self.left -= size
        return bytes(size)

identity = age.HybridIdentity.from_seed(bytes(32))
size = int(sys.argv[1])
if sys.argv[2] == "encrypt":
    age.encrypt(Zeros(size), sys.stdout.buffer, recipients=[identity.recipient])
else:
    age.decrypt(sys.stdin.buffer, sys.stdout.buffer, identities=[identity])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""

MEBIBYTE = 1024 * 1024


def peak_kibibytes(size: int) -> tuple[int, int]:
    """Return the peak memory of a process that encrypts ``size`` bytes and of one that decrypts."""
    command = [sys.executable, "-c", PROGRAM, str(size)]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen([*command, "encrypt"], stdout=pipe, stderr=pipe) as encrypting,
        subprocess.Popen(
            [*command, "decrypt"], stdin=encrypting.stdout, stdout=pipe, stderr=pipe
        ) as decrypting,
    ):
        assert decrypting.stdout is not None
        assert decrypting.stderr is not None
        assert encrypting.stderr is not None
        received = 0
        while piece := decrypting.stdout.read(MEBIBYTE):
            received += len(piece)
        peaks = int(encrypting.stderr.read()), int(decrypting.stderr.read())
    assert received == size
    return peaks


def test_256_mebibytes_take_no_more_memory_than_one() -> None:
    small, large = peak_kibibytes(MEBIBYTE), peak_kibibytes(256 * MEBIBYTE)
    for one, many in zip(small, large, strict=True):
        assert many - one < 4 * 1024


PASSPHRASE_PROGRAM = """
import resource, sys
from aigaq import age

limit = 700 * 1024 * 1024
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    age.encrypt_bytes(b"", recipients=[age.ScryptRecipient("fictional", work_factor=20)])
except age.AgeError as error:
    print(error.code)
"""


def test_a_machine_too_small_for_a_passphrase_says_so() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PASSPHRASE_PROGRAM], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "age.too_little_memory\n"
