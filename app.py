"""The WSGI application."""

from selfservice.application import create_app

app = create_app()
