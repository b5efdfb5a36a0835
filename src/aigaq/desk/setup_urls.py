"""The setup pages of a desk where no organisation was founded yet."""

from django.urls import path

from aigaq.desk.views import setup

urlpatterns = [
    path("", setup.choices, name="setup"),
    path("/keep/<str:what>", setup.keep, name="setup-keep"),
    path("/end", setup.end, name="setup-end"),
]
