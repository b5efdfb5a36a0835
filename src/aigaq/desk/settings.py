"""Django's settings of the desk. What an owner may set is in `docs/reference/desk.md`.

The secret key is drawn for each process and lives in its memory only: sessions end with it.
Nothing here reads the database, so a locked desk starts.
"""

import os
import secrets
from pathlib import Path

from aigaq.core.home import get_home
from aigaq.core.temporary import TMPFS

HOME = get_home()
PACKAGE = Path(__file__).parent
SECRET_KEY = secrets.token_urlsafe(64)
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] + [
    host for host in os.environ.get("AIGAQ_DESK_HOSTS", "").split(",") if host
]
BEHIND_TLS = os.environ.get("AIGAQ_DESK_TLS") == "1"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "aigaq.core.apps.CoreConfig",
    "aigaq.accounts.apps.AccountsConfig",
    # Apps of the domain, in the order of the layers.
    "aigaq.consent.apps.ConsentConfig",
    "aigaq.drafts.apps.DraftsConfig",
    "aigaq.evidence.apps.EvidenceConfig",
    "aigaq.intake.apps.IntakeConfig",
    # The desk stands before allauth: its templates come first.
    "aigaq.desk.apps.DeskConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "aigaq.desk.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "aigaq.desk.middleware.check_host",
    "django.middleware.locale.LocaleMiddleware",
    "aigaq.desk.middleware.LockedDesk",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "aigaq.desk.middleware.signed_in_only",
    "aigaq.desk.middleware.language_of_person",
    "aigaq.desk.middleware.NotThereAnswer",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "aigaq.desk.urls"
WSGI_APPLICATION = "aigaq.desk.wsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "aigaq.desk.shell.shell",
            ],
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "aigaq.core.sqlcipher",
        "NAME": HOME.database,
        # A thread keeps its connection (opening one takes milliseconds); locking closes them all.
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
        "TEST": {"NAME": HOME.desk / "test.db"},
    }
}

# A gap in the Kazakh catalogue falls back to Russian, never to English.
LANGUAGE_CODE = "ru"
LANGUAGES = [("kk", "Қазақша"), ("ru", "Русский"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = ["aigaq.desk.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("AIGAQ_TIME_ZONE", "Asia/Almaty")
LANGUAGE_COOKIE_NAME = "desk-language"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Strict"
LANGUAGE_COOKIE_SECURE = BEHIND_TLS

STATIC_URL = "/static/"
# Uploads stay in memory: a temporary file would lie on the disk in plain.
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "aigaq.desk.uploads.LargeFileHandler",
]
FILE_UPLOAD_TEMP_DIR = TMPFS

SESSION_COOKIE_NAME = "desk-session"
SESSION_COOKIE_AGE = 30 * 60
# `middleware.signed_in_only` renews a session when someone works; a page that polls does not.
SESSION_SAVE_EVERY_REQUEST = False
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_NAME = "desk-csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_AGE = None
CSRF_FAILURE_VIEW = "aigaq.desk.views.errors.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
# "no-referrer" would make browsers send `Origin: null` with our own forms, which are then refused.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# The proxy in front ends TLS and says so; without this our own forms would be refused as foreign.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31536000 if BEHIND_TLS else 0
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS: list[str] = []

# scrypt's log2 N for the passphrase: 256 MiB and about a second, as age writes it.
AIGAQ_SCRYPT_WORK_FACTOR = 18

AUTH_USER_MODEL = "accounts.Staff"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "aigaq.desk.sign_in.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_FORMS = {
    "change_password": "aigaq.desk.sign_in_forms.NewPasswordForm",
    "login": "aigaq.desk.sign_in_forms.SignInForm",
    "reauthenticate": "aigaq.desk.sign_in_forms.ConfirmPasswordForm",
}
MFA_ADAPTER = "aigaq.desk.sign_in.SecondFactorAdapter"
MFA_FORMS = {
    "activate_totp": "aigaq.desk.sign_in_forms.FirstCodeForm",
    "add_webauthn": "aigaq.desk.sign_in_forms.PasskeyForm",
    "authenticate": "aigaq.desk.sign_in_forms.CodeForm",
    "edit_webauthn": "aigaq.desk.sign_in_forms.PasskeyNameForm",
    "reauthenticate": "aigaq.desk.sign_in_forms.ConfirmCodeForm",
}
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Aigaq"
MFA_RECOVERY_CODES_SHOW_ONCE = True
# On loopback a browser counts http://localhost as safe; behind TLS it has to be https.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS
MFA_WEBAUTHN_USER_VERIFICATION = "required"

MESSAGE_TAGS = {20: "info", 25: "good", 30: "due", 40: "overdue"}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
# Errors are named by their type: a traceback could carry what people wrote.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": True,
    "filters": {"no_content": {"()": "aigaq.desk.log_filter.NoContent"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_content"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
