"""django-allauth's headless calls for apps, with as much of Django as they need.

`python app.py N` makes the tables and N accounts; gunicorn serves `app:application`.
STORE is a SQLite file or a PostgreSQL URL, PASSWORD everybody's.
"""

import os
import sys
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.handlers.wsgi import WSGIHandler
from django.urls import include, path

STORE, PASSWORD = os.environ["STORE"], os.environ["PASSWORD"]


class Argon2(Argon2PasswordHasher):
    """Argon2id at the cost of everybody here."""

    memory_cost = 19456
    time_cost = 2
    parallelism = 1


def database():
    # A connection is kept by the thread that opened it.
    kept = {"CONN_MAX_AGE": None}
    if STORE.startswith("postgres"):
        url = urlsplit(STORE)
        return kept | {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": url.hostname,
            "PORT": url.port,
            "USER": url.username,
            "PASSWORD": unquote(url.password or ""),
            "NAME": url.path.removeprefix("/"),
        }
    pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"
    return kept | {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": STORE,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": pragmas},
    }


settings.configure(
    DEBUG=False,
    SECRET_KEY="a secret of which nothing here depends, but long enough",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": database()},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "allauth",
        "allauth.account",
        "allauth.headless",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    PASSWORD_HASHERS=[f"{__name__}.Argon2"],
    # Every check of a session asks the store, as ours does.
    SESSION_ENGINE="django.contrib.sessions.backends.db",
    HEADLESS_ONLY=True,
    HEADLESS_CLIENTS=["app"],
    ACCOUNT_LOGIN_METHODS={"email"},
    ACCOUNT_SIGNUP_FIELDS=["email*", "password1*"],
    ACCOUNT_EMAIL_VERIFICATION="none",
    # Off at every peer: the comparison is of the work, not of refusals.
    ACCOUNT_RATE_LIMITS=False,
)
django.setup()

urlpatterns = [path("_allauth/", include("allauth.headless.urls"))]
application = WSGIHandler()


def fill(accounts):
    from allauth.account.models import EmailAddress
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    password = make_password(PASSWORD)
    if not password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$"):
        sys.exit(f"another cost: {password}")
    users = [User(username=f"user {n}", email=f"user{n}@example.test", password=password) for n in range(accounts)]
    addresses = [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in User.objects.bulk_create(users)]
    EmailAddress.objects.bulk_create(addresses)


if __name__ == "__main__":
    fill(int(sys.argv[1]))
