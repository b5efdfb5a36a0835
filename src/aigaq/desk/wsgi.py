"""The entry of the desk's worker process: granian loads `application` from here."""

import os

from django.core.wsgi import get_wsgi_application

from aigaq.desk.serve import start_worker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aigaq.desk.settings")
application = get_wsgi_application()
start_worker()
