"""What has to be right before anything is served or sent: checked once, at the start, a sentence for each fault."""

from __future__ import annotations

from selfservice import config
from selfservice.db import READER, db
from selfservice.errors import ConfigError
from selfservice.messages.channels import registry as channels
from selfservice.situations import registry
from selfservice.web import readiness


def require_ready() -> list[str]:
    """Raise ConfigError when this installation must not start; returns what is wrong and can wait.

    The command's own check has been here before: settings and database are in order. A broken page type stops
    production; a demo goes on without it.
    """
    settings = config.current()
    readiness.require_data_keys()
    channels.build(settings, writer=db.engine, reader=db.engines[READER])
    db.session.remove()  # A session that has read holds the writer's place until it is given back.
    broken = [str(problem) for problem in registry.current().broken.values()]
    if broken and settings.is_production:
        raise ConfigError("\n".join(broken))
    return broken
