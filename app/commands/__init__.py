"""The command line: flask --app app …, thin over operations and queries."""

from flask import Flask

from app.commands.demo import demo
from app.commands.doctor import doctor
from app.commands.imports import import_
from app.commands.users import user
from app.commands.worker import worker


def register_commands(app: Flask) -> None:
    for command in (user, worker, doctor, demo, import_):
        app.cli.add_command(command)
