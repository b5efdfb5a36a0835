"""The Django app of the desk's pages: templates, static files, catalogues."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Registers what a running desk does for commands, and the watch that locks an idle desk."""

    name = "aigaq.desk"
    label = "desk"

    def ready(self) -> None:
        """Register the desk's own commands and background threads."""
        from aigaq.desk import desk_commands, sign_in, told_command

        desk_commands.register_all()
        told_command.register()
        sign_in.connect()
