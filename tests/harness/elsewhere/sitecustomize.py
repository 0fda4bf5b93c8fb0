"""Answers for some host names in place of the name server, in the one process that is started with this on its path.

`HOSTS_ELSEWHERE="a.example=127.0.0.1:4433 ..."`: what a hosts file does, ports included. Nothing of the application
knows of it: it checks, connects and verifies certificates as ever (`SSL_CERT_FILE` names the one to trust).
"""

from __future__ import annotations

import os
import socket
from typing import Any

_PLACES = {
    host: (place.partition(":")[0], int(place.partition(":")[2]))
    for host, _, place in (pair.partition("=") for pair in os.environ.get("HOSTS_ELSEWHERE", "").split())
}
_ask = socket.getaddrinfo


def _answer(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
    host, port = _PLACES.get(host, (host, port))
    return _ask(host, port, *arguments, **named)


socket.getaddrinfo = _answer
