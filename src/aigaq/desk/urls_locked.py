"""Every address of the locked desk, and of a desk where no organisation was founded yet.

Anything else leads to ``unlock``. Nothing here may touch session or database.
"""

from django.urls import include, path, re_path
from django.views.i18n import set_language

from aigaq.desk.views import lock, unlock
from aigaq.desk.views.assets import asset

urlpatterns = [
    path("unlock", unlock.unlock, name="unlock"),
    path("lock", lock.lock, name="lock"),
    path("language", set_language, name="set_language"),
    re_path(r"^static/(?P<name>[a-z0-9_./-]+)$", asset, name="asset"),
    path("setup", include("aigaq.desk.setup_urls")),
]
