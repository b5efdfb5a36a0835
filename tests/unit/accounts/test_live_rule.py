"""A live organisation ships no unreviewed Kazakh or Russian without a written override."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Founding

from aigaq.accounts import live_rule
from aigaq.accounts.card_changes import sign_changed_card
from aigaq.accounts.ceremony import Choices, check_choices
from aigaq.accounts.errors import AccountsError
from aigaq.accounts.live_rule import accept_texts, list_unreviewed
from aigaq.accounts.models import SignedCard
from aigaq.core.models import AuditEvent
from aigaq.desk.desk_commands import publish_card

AIGAQ = str(Path(sys.executable).with_name("aigaq"))
REASON = "Two volunteers read them; a reviewer is asked for May."


def write_review(folder: Path, **states: str) -> Path:
    (folder / "a").mkdir(parents=True)
    review = {
        "format": "aigaq/text-review/v1",
        "languages": {language: {"state": state} for language, state in states.items()},
    }
    (folder / "a" / "review.json").write_text(json.dumps(review))
    return folder


def list_accepted() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(code=live_rule.CODE))


def test_the_bundle_carries_the_review_state_of_its_texts() -> None:
    root = Path(__file__).parents[3]
    source = (root / "client" / "texts" / "review.json").read_bytes()
    assert (root / "src/aigaq/gate/bundle/a/review.json").read_bytes() == source


@pytest.mark.parametrize(
    ("states", "unreviewed"),
    [
        ({"kk": "reviewed", "ru": "reviewed", "en": "unreviewed"}, ()),
        ({"kk": "unreviewed", "ru": "reviewed", "en": "reviewed"}, ("kk",)),
        ({"en": "reviewed"}, ("kk", "ru")),
    ],
)
def test_kazakh_and_russian_need_a_review(
    states: dict[str, str], unreviewed: tuple[str, ...], tmp_path: Path
) -> None:
    bundle = write_review(tmp_path / "bundle", **states)
    assert list_unreviewed(("kk", "ru", "en"), bundle=bundle) == unreviewed
    assert list_unreviewed(("en",), bundle=bundle) == ()


def test_pages_that_say_nothing_of_a_review_are_not_taken_for_reviewed(tmp_path: Path) -> None:
    with pytest.raises(AccountsError) as caught:
        list_unreviewed(("kk",), bundle=tmp_path)
    assert caught.value.code == "accounts.no_review"


def choose(**more: str) -> Choices:
    return Choices(
        names={"en": "Fictional", "kk": "Ойдан", "ru": "Вымысел"},
        gate_origin="https://example.org",
        exit_url="https://example.com/",
        founder="Айгүл",
        **more,  # type: ignore[arg-type]
    )


def test_nothing_live_is_founded_with_unreviewed_texts_and_no_reason() -> None:
    for reason in ("", "  "):
        with pytest.raises(AccountsError) as caught:
            check_choices(choose(state="live", accept_unreviewed=reason))
        assert caught.value.code == "accounts.unreviewed_texts"
        assert caught.value.context["languages"] == "kk, ru"
    check_choices(choose(state="live", accept_unreviewed=REASON))
    check_choices(choose(state="trial"))


def test_an_override_is_recorded_once_with_its_reason(founding: Founding) -> None:
    accept_texts(("kk", "ru"), state="live", reason=REASON)
    accept_texts(("kk", "ru"), state="live", reason="")
    assert [event.context for event in list_accepted()] == [
        {"languages": ["kk", "ru"], "reason": REASON}
    ]


def test_an_override_for_one_language_is_none_for_another(founding: Founding) -> None:
    accept_texts(("kk",), state="live", reason=REASON)
    with pytest.raises(AccountsError) as caught:
        accept_texts(("kk", "ru"), state="live", reason="")
    assert caught.value.context["languages"] == "ru"


def test_a_trial_becomes_live_only_with_a_reason(founding: Founding) -> None:
    def sign(reason: str) -> bytes:
        return sign_changed_card(
            root_seed=founding.drawn.root_seed,
            home=founding.home,
            changes={"state": "live"},
            accept_unreviewed=reason,
        )

    with pytest.raises(AccountsError) as caught:
        sign("")
    assert caught.value.code == "accounts.unreviewed_texts"
    assert SignedCard.objects.count() == 1
    founding.organisation.refresh_from_db()
    assert founding.organisation.state == "trial"

    assert json.loads(sign(REASON).split(b"\n")[0])["state"] == "live"
    founding.organisation.refresh_from_db()
    assert founding.organisation.state == "live"
    assert len(list_accepted()) == 1


def test_a_live_card_without_an_override_is_not_published(
    founding: Founding, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reviewed = write_review(tmp_path / "bundle", kk="reviewed", ru="reviewed", en="reviewed")
    with monkeypatch.context() as patch:
        patch.setattr(list_unreviewed, "__kwdefaults__", {"bundle": reviewed})
        sign_changed_card(
            root_seed=founding.drawn.root_seed,
            home=founding.home,
            changes={"state": "live"},
            accept_unreviewed="",
        )
    assert list_accepted() == []
    with pytest.raises(AccountsError) as caught:
        publish_card({})
    assert caught.value.code == "accounts.unreviewed_texts"


def test_the_command_names_the_languages_and_founds_nothing(tmp_path: Path) -> None:
    given = [
        *("--name-kk", "Ойдан", "--name-ru", "Вымысел", "--name-en", "Fictional"),
        *("--founder", "A", "--gate-origin", "https://example.org"),
        *("--exit-url", "https://example.com/", "--state", "live"),
    ]
    environment = os.environ | {"AIGAQ_HOME": str(tmp_path / "home")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [AIGAQ, "init", *given],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "kk, ru" in done.stderr
    assert "--accept-unreviewed-texts" in done.stderr
    assert not (tmp_path / "home" / "desk" / "locked" / "card.json").exists()
