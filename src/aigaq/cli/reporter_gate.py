"""A reporter's side of the gate, as the command line uses it: see `aigaq.intake.reporter_gate`."""

from aigaq.intake.reporter_gate import TRIES as TRIES
from aigaq.intake.reporter_gate import ReporterGate as ReporterGate
from aigaq.intake.reporter_gate import SendingError as SendingError
from aigaq.intake.reporter_gate import Uploads as Uploads
from aigaq.intake.reporter_gate import read_header as read_header
