"""The pages of allauth that this desk uses; its sign-up, e-mail and reset pages are not here."""

from allauth.account import views as sign_in
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("login", sign_in.login, name="account_login"),
    path("logout", sign_in.logout, name="account_logout"),
    path("reauthenticate", sign_in.reauthenticate, name="account_reauthenticate"),
    path("password", sign_in.password_change, name="account_change_password"),
    # Only the founder can be without a password, and gets one before inviting someone.
    path(
        "password/first",
        RedirectView.as_view(pattern_name="people-invite"),
        name="account_set_password",
    ),
    path("second-factor/", include("allauth.mfa.urls")),
]
