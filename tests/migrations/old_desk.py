"""Makes a desk's database as the first version had it, a row in every table; brings it forward.

    python -m tests.migrations.old_desk make|bring FOLDER

Each run is a process of its own, as a desk that is opened after an update is. The rows go through
the models of that time, so a table that is added later needs nothing here. What stands in the
tables is printed as JSON, by table and column, bytes in hex.
"""

import json
import os
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import django

APPS = ("core", "accounts", "intake")
#: With those that came later: whose tables are read after an update.
LATER = (*APPS, "consent", "drafts", "evidence")
FIRST = [(app, "0001_initial") for app in APPS]
WORDS = "Old words: ескі сөздер"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
#: What a table asks of a column beyond its type.
ASKED = {("organisation", "state"): "trial", ("organisation", "idle_lock_minutes"): 15}


def main() -> None:
    """Do what was asked for and print what stands in the tables."""
    what, folder = sys.argv[1:]
    os.environ["AIGAQ_HOME"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "aigaq.desk.settings"
    django.setup()
    from django.conf import settings

    from aigaq.core import audit
    from aigaq.core.held_keys import HELD
    from aigaq.core.schema import migrate

    settings.HOME.create()
    HELD.hold(master=bytes(32))
    told: dict[str, Any] = {}
    if what == "make":
        make_old_rows()
    else:
        migrate()
        told["left"] = list_left()
        told["events"] = audit.check_chain()
        told["triggers"] = list_triggers()
    print(json.dumps(told | {"tables": read_tables()}))


def make_old_rows() -> None:
    """Migrate to the first state, and fill every table of ours with one row."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    executor.migrate(FIRST)
    old = executor.loader.project_state(FIRST).apps
    left = [model for app in APPS for model in old.get_app_config(app).get_models()]
    made: dict[str, Any] = {}
    while left:
        model = next(one for one in left if needed_by(one) <= set(made))
        left.remove(model)
        made[model._meta.label] = fill(model, made=made).pk
    sign_event(old.get_model("core", "AuditEvent"))


def needed_by(model: Any) -> set[str]:
    """Return the models that a row of this one cannot do without."""
    return {
        field.related_model._meta.label
        for field in model._meta.concrete_fields
        if field.is_relation
        and not field.null
        and field.related_model._meta.label != model._meta.label
    }


def fill(model: Any, *, made: dict[str, Any]) -> Any:
    """Make one row with something in every column that can hold it."""
    values = {}
    for field in model._meta.concrete_fields:
        if field.is_relation:
            values[field.attname] = made.get(field.related_model._meta.label)
        elif not (field.primary_key and (field.has_default() or field.name == "id")):
            values[field.name] = value_for(model, field)
    return model.objects.create(**values)


def value_for(model: Any, field: Any) -> Any:
    """Return something that fits a column."""
    asked = ASKED.get((model._meta.model_name, field.name))
    if asked is not None:
        return asked
    if field.choices:
        return field.choices[0][0]
    return {
        "BinaryField": bytes(range(32)),
        "BooleanField": True,
        "DateTimeField": AT,
        "JSONField": {"old": [WORDS]},
        "UUIDField": uuid.UUID(int=7),
    }.get(field.get_internal_type()) or (
        WORDS[: field.max_length or 100]
        if field.get_internal_type() in ("CharField", "TextField", "URLField")
        else 1
    )


def sign_event(model: Any) -> None:
    """Put the one event into the chain, as that version did when it recorded it."""
    from aigaq.core.audit import FIRST_PREVIOUS, hash_event

    event = model.objects.get()
    event.sequence, event.previous = 1, FIRST_PREVIOUS
    model.objects.filter(pk=event.pk).update(previous=FIRST_PREVIOUS, hash=hash_event(event))


def list_left() -> list[str]:
    """Return the migrations that were not applied, and changes of models without one."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.state import ProjectState
    from django.utils import translation

    translation.deactivate_all()  # As `makemigrations` does: labels are no change of a table.
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    detector = MigrationAutodetector(executor.loader.project_state(), ProjectState.from_apps(apps))
    changes = detector.changes(graph=executor.loader.graph)
    return [str(one) for one, _ in plan] + [app for app in changes if app in LATER]


def list_triggers() -> list[str]:
    """Return the names of all triggers, in order."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
        return [name for (name,) in cursor.fetchall()]


def read_tables() -> dict[str, list[dict[str, Any]]]:
    """Return every row of our tables."""
    from django.db import connection

    tables = {}
    with connection.cursor() as cursor:
        names = list(connection.introspection.table_names(cursor))
        for name in sorted(names):
            if name.split("_")[0] not in LATER:
                continue
            cursor.execute(f'SELECT * FROM "{name}"')
            columns = [one[0] for one in cursor.description]
            tables[name] = [
                dict(zip(columns, map(tell, row), strict=True)) for row in cursor.fetchall()
            ]
    return tables


def tell(value: Any) -> Any:
    """Return a column's value as JSON can hold it."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value if value is None or isinstance(value, int | float | str) else str(value)


if __name__ == "__main__":
    main()
