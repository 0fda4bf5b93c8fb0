"""The WSGI application, with its commands for `flask --app app`."""

from selfservice.application import create_app
from selfservice.cli.commands import attach

app = attach(create_app())
