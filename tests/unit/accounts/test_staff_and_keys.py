"""Staff, invitations, roles; rotation of the team's key; the services pack."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.conftest import MASTER, Founding

from aigaq import age, clock
from aigaq.accounts import rotation, selectors, services
from aigaq.accounts.cards import read_card, record_published, sign_next_card
from aigaq.accounts.errors import AccountsError, NotThere
from aigaq.accounts.models import Invitation, SignedCard, Staff
from aigaq.accounts.permissions import TABLE, Capability, Role, check_may
from aigaq.core.models import AuditEvent
from aigaq.core.vault import Vault
from aigaq.jurisdictions.errors import PackError
from aigaq.jurisdictions.services import load_card_services

Make = Callable[[str], Staff]
PASSWORD = "quiet lamp under seven hills"
CONTENT = {
    Capability.READ_REPORTS,
    Capability.ANSWER_REPORTS,
    Capability.SEE_ITEMS,
    Capability.IMPORT_REPORTS,
    Capability.HAND_OVER_REPORTS,
    Capability.SEE_WHO_OPENED,
}


@pytest.fixture
def host(founding: Founding) -> Staff:
    """Give the founder with a sign-in of their own, who may invite."""
    services.set_sign_in(staff=founding.founder, username="aigul", password=PASSWORD)
    return founding.founder


def invite(host: Staff, *roles: Role) -> str:
    return services.invite_staff(invited_by=host, display_name="Ерлан", roles=list(roles))


def test_an_administrator_sees_no_content() -> None:
    assert TABLE[Role.ADMINISTRATOR].isdisjoint(CONTENT)


def test_every_role_stands_in_the_table() -> None:
    assert set(TABLE) == set(Role)


def test_who_may_not_gets_the_error_of_what_is_not_there(staff_of: Make) -> None:
    check_may(staff_of("caseworker"), capability=Capability.READ_REPORTS)
    for role in ("administrator", "editor", "analyst"):
        with pytest.raises(NotThere):
            check_may(staff_of(role), capability=Capability.READ_REPORTS)


def test_a_role_that_does_not_exist_gives_nothing(staff_of: Make) -> None:
    staff = staff_of("owner")

    assert staff.list_roles() == frozenset()
    with pytest.raises(NotThere):
        check_may(staff, capability=Capability.READ_REPORTS)


def test_who_left_may_nothing(staff_of: Make) -> None:
    staff = staff_of("caseworker")
    staff.is_active = False

    with pytest.raises(NotThere):
        check_may(staff, capability=Capability.READ_REPORTS)


def test_an_invitation_makes_one_account_with_its_roles(host: Staff) -> None:
    secret = invite(host, Role.CASEWORKER)

    staff = services.accept_invitation(
        secret=secret, username="Erlan", password=PASSWORD, language="kk"
    )
    assert (staff.username, set(staff.list_roles())) == ("erlan", {Role.CASEWORKER})
    with pytest.raises(NotThere):
        services.access_invitation(secret=secret)
    assert selectors.get_only_person() is None


def refuse(staff: Staff, *roles: Role, by: Staff) -> None:
    with pytest.raises(AccountsError) as caught:
        services.change_roles(staff=staff, roles=list(roles), changed_by=by)
    assert caught.value.code == "accounts.needs_second_person"
    assert AuditEvent.objects.order_by("-sequence")[0].code == "accounts.role_refused"
    assert not Staff.objects.get(pk=staff.pk).reads_content


def test_an_administrator_cannot_make_a_reader_of_reports_of_oneself(staff_of: Make) -> None:
    keeper, _reader = staff_of("administrator"), staff_of("caseworker")
    refuse(keeper, Role.ADMINISTRATOR, Role.CASEWORKER, by=keeper)


def test_an_administrator_who_reads_nothing_brings_in_no_reader_behind_the_readers_backs(
    host: Staff, staff_of: Make
) -> None:
    keeper = staff_of("administrator")
    keeper.set_password(PASSWORD)
    refuse(staff_of("editor"), Role.LAWYER, by=keeper)
    with pytest.raises(AccountsError) as caught:
        invite(keeper, Role.CASEWORKER)
    assert caught.value.code == "accounts.needs_second_person"
    assert invite(keeper, Role.EDITOR)


def test_two_people_make_a_reader_of_one_of_them_by_two_hands(
    founding: Founding, staff_of: Make
) -> None:
    keeper, reader = staff_of("administrator"), staff_of("caseworker")
    both = [Role.ADMINISTRATOR, Role.CASEWORKER]
    services.change_roles(staff=reader, roles=both, changed_by=keeper)
    services.change_roles(staff=keeper, roles=both, changed_by=reader)
    assert keeper.reads_content


def test_where_nobody_reads_reports_any_more_another_person_can_be_brought_in(
    founding: Founding, staff_of: Make
) -> None:
    keeper, editor = staff_of("administrator"), staff_of("editor")
    Staff.objects.filter(pk=founding.founder.pk).update(is_active=False)
    refuse(keeper, Role.CASEWORKER, Role.ADMINISTRATOR, by=keeper)
    services.change_roles(staff=editor, roles=[Role.CASEWORKER], changed_by=keeper)
    assert editor.reads_content


def test_who_is_alone_at_the_desk_may_read_what_comes(founding: Founding, staff_of: Make) -> None:
    keeper = staff_of("administrator")
    Staff.objects.exclude(pk=keeper.pk).update(is_active=False)
    services.change_roles(
        staff=keeper, roles=[Role.ADMINISTRATOR, Role.CASEWORKER], changed_by=keeper
    )
    assert AuditEvent.objects.order_by("-sequence")[0].code == "accounts.role_changed"


def test_an_old_or_unknown_invitation_is_not_there(host: Staff) -> None:
    secret = invite(host, Role.LAWYER)
    Invitation.objects.update(expires_at=clock.now() - timedelta(seconds=1))

    for tried in (secret, "unknown", ""):
        with pytest.raises(NotThere):
            services.access_invitation(secret=tried)


def test_the_secret_of_an_invitation_is_kept_nowhere(host: Staff) -> None:
    secret = invite(host, Role.LAWYER)

    assert secret not in str(Invitation.objects.values()) + str(AuditEvent.objects.values())


@pytest.mark.parametrize(
    ("username", "password", "code"),
    [
        ("x", PASSWORD, "accounts.bad_username"),
        ("Ерлан", PASSWORD, "accounts.bad_username"),
        ("aigul", PASSWORD, "accounts.username_taken"),
        ("erlan", "short", "accounts.weak_password"),
        ("erlan", "password1234", "accounts.weak_password"),
    ],
)
def test_a_bad_sign_in_is_named_and_uses_nothing_up(
    username: str, password: str, code: str, host: Staff
) -> None:
    secret = invite(host, Role.LAWYER)

    with pytest.raises(AccountsError) as caught:
        services.accept_invitation(
            secret=secret, username=username, password=password, language="ru"
        )
    assert caught.value.code == code
    assert services.access_invitation(secret=secret)


def test_who_has_no_sign_in_of_their_own_cannot_invite(founding: Founding) -> None:
    with pytest.raises(AccountsError) as caught:
        invite(founding.founder, Role.LAWYER)
    assert caught.value.code == "accounts.no_own_sign_in"


def test_the_last_administrator_stays(host: Staff) -> None:
    with pytest.raises(AccountsError) as left:
        services.deactivate_staff(staff=host, deactivated_by=host)
    with pytest.raises(AccountsError) as changed:
        services.change_roles(staff=host, roles=[Role.LAWYER], changed_by=host)

    assert {left.value.code, changed.value.code} == {"accounts.last_administrator"}


def test_with_one_unlock_off_nobody_comes_in_by_the_passphrase(founding: Founding) -> None:
    services.change_settings(one_unlock=False, idle_lock_minutes=5, changed_by=founding.founder)

    assert selectors.get_only_person() is None
    with pytest.raises(NotThere):
        services.sign_in_only_person()


def test_a_rotated_key_leaves_the_old_one_for_old_reports(founding: Founding) -> None:
    before = selectors.list_team_identities()[0]
    old = age.encrypt_bytes(b"old", recipients=[before.recipient])

    rotation.rotate_team_identity(root_seed=founding.drawn.root_seed, home=founding.home)

    now, retired = selectors.list_team_identities()
    assert str(retired.recipient) == str(before.recipient)
    assert age.decrypt_bytes(old, identities=[now, retired]) == b"old"
    card = read_card()
    assert (card.version, card.team_recipient) == (2, str(now.recipient))
    assert card.desk_key == selectors.get_desk_key().public_key().public_bytes_raw()


def test_another_root_key_changes_nothing(founding: Founding) -> None:
    for change in (rotation.rotate_team_identity, sign_next_card):
        with pytest.raises(AccountsError) as caught:
            change(root_seed=bytes(32), home=founding.home)
        assert caught.value.code == "accounts.other_root"

    assert SignedCard.objects.count() == 1
    assert len(selectors.list_team_identities()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_new_card_lies_open_for_the_locked_desk(founding: Founding) -> None:
    signed = sign_next_card(root_seed=founding.drawn.root_seed, home=founding.home)

    assert (founding.home.locked / "card.json").read_bytes() == signed
    record_published(version=2)
    assert selectors.get_card_summary().published_at is not None


@pytest.mark.django_db(transaction=True)
def test_recovery_gives_a_new_passphrase(founding: Founding) -> None:
    rotation.recover_passphrase(home=founding.home, master=MASTER, passphrase="new words")

    assert Vault(founding.home.keys).open_with_passphrase("new words") == MASTER
    assert AuditEvent.objects.filter(code="accounts.passphrase_recovered").count() == 1


def test_the_pack_gives_only_what_is_sure() -> None:
    given = load_card_services(pack="kz")

    assert {one.number: one.police_learns for one in given.services} == {
        "102": "yes",
        "103": "unknown",
        "111": "yes",
        "112": "unknown",
    }
    assert {one.id: one.hours for one in given.windows} == {
        "hiv_pep": 72,
        "emergency_contraception": 120,
    }
    for texts in [one.name for one in given.services] + [one.text for one in given.windows]:
        assert set(texts) == {"kk", "ru", "en"}


def test_an_unknown_pack_is_refused() -> None:
    for name in ("xx", "../kz", ""):
        with pytest.raises(PackError) as caught:
            load_card_services(pack=name)
        assert caught.value.code == "pack.unknown"
