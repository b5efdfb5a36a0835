"""The second place: what is written there is never older than what lies there."""

from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher
from tests.conftest import Founding
from tests.unit.intake.desk_of import carry_report

from aigaq.intake import keeping, second_place

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_desk_that_was_set_back_does_not_write_over_its_newer_copy(
    founding: Founding, tmp_path: Path
) -> None:
    keeping.set_second_place(actor=founding.founder, folder=tmp_path)
    carry_report(founding)
    for _time in range(2):
        assert keeping.copy_to_second_place(actor=founding.founder).state == "fine"
    path = tmp_path / second_place.DATABASE
    copy = sqlcipher.connect(str(path))
    copy.execute(f"PRAGMA key = \"x'{second_place._derive_key().hex()}'\"")
    copy.execute(
        "INSERT INTO core_auditevent SELECT sequence + 1, at, code, actor, subject_kind,"
        " subject_id, context, hash, zeroblob(32) FROM core_auditevent"
        " ORDER BY sequence DESC LIMIT 1"
    )
    copy.commit()
    copy.close()
    before = path.read_bytes()

    status = keeping.copy_to_second_place(actor=founding.founder)

    assert (status.state, status.code) == ("failed", "second_place.ahead")
    assert path.read_bytes() == before
