"""Every address of the open desk. Each owner's pages are a list of their own.

Addresses without a trailing slash; every address stands in `tests/security/test_every_url.py`.
"""

from django.urls import URLPattern, URLResolver, include, path, re_path

from aigaq.desk import urls_work
from aigaq.desk.views import account, errors, evidence, keeping, lock, staff, unlock
from aigaq.desk.views.assets import asset
from aigaq.desk.views.language import choose_language

urlpatterns: list[URLPattern | URLResolver] = [
    path("", account.home, name="home"),
    path("unlock", unlock.unlock_again, name="unlock"),
    path("lock", lock.lock, name="lock"),
    path("language", choose_language, name="set_language"),
    re_path(r"^static/(?P<name>[a-z0-9_./-]+)$", asset, name="asset"),
    path("invitation/<str:secret>", staff.invitation, name="invitation"),
    path("people", staff.people, name="people"),
    path("people/invite", staff.invite, name="people-invite"),
    path(
        "people/invitations/<uuid:invitation_id>/take-back",
        staff.take_back,
        name="people-take-back",
    ),
    path("people/<uuid:staff_id>", staff.person, name="person"),
    path("organisation", account.organisation, name="organisation"),
    path("organisation/history", account.history, name="organisation-history"),
    path("organisation/second-place", keeping.second_place, name="second-place"),
    path("organisation/terms", evidence.terms, name="terms"),
    path("organisation/letter", keeping.notice_settings, name="notice-settings"),
    path("account/", include("aigaq.desk.account_urls")),
    *urls_work.urlpatterns,
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.failed
