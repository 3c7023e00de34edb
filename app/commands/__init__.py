"""The command line: flask --app app …, thin over operations and queries."""

from importlib import import_module
from typing import Any

import click
from flask import Flask

from app.commands.doctor import doctor
from app.commands.worker import worker


class Imported(click.Group):
    """A group of commands that is imported when one of them is asked for: web processes never do."""

    def __init__(self, name: str, where: str, help: str) -> None:
        super().__init__(name, help=help)
        self._where = where

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Go on as the group itself: its own options and callback count, not those of this stand-in."""
        return self._group().make_context(info_name, args, parent, **extra)

    def _group(self) -> click.Group:
        module, _, name = self._where.partition(":")
        group = getattr(import_module(module), name)
        assert isinstance(group, click.Group)
        return group


def register_commands(app: Flask) -> None:
    for command in (
        Imported("db", "flask_migrate.cli:db", "Bring the database up to date (upgrade), and make migrations."),
        Imported("user", "app.commands.users:user", "People who log in."),
        worker,
        doctor,
        Imported("demo", "app.commands.demo:demo", "Invented people and events to look at Parcours with."),
        Imported("plan", "app.commands.plan:plan", "Who is led through which space when."),
        Imported("import", "app.commands.imports:import_", "Files as offices send them."),
    ):
        app.cli.add_command(command)
