"""The entry of the desk's worker process: granian loads `application` from here."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aigaq.desk.settings")
application = get_wsgi_application()
