"""Writes Django migrations of the desk's apps: `scripts/make_migrations.py [APP …]`.

A desk's database opens with its key only, so this makes an empty one with a key of its own.
"""

import os
import sys
import tempfile

import django


def main() -> None:
    """Make migrations for the named apps, or for all."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        os.environ["AIGAQ_HOME"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "aigaq.desk.settings"
        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        from aigaq.core.held_keys import HELD

        settings.HOME.create()
        HELD.hold(master=bytes(32))
        call_command("makemigrations", *sys.argv[1:])


if __name__ == "__main__":
    main()
