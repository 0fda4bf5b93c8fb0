"""`flask serve`: the production server, with one worker as its child where that is wanted."""

from __future__ import annotations

import errno
import os
import socket
from functools import partial
from pathlib import Path
from typing import Any

import click

from selfservice import config, db
from selfservice.cli import boot, server_process
from selfservice.cli import certificate as certificates
from selfservice.cli.certificate import Certificate
from selfservice.cli.children import Keeper, flask_command
from selfservice.cli.command import Command
from selfservice.config import Settings
from selfservice.demo import sign_in
from selfservice.errors import ConfigError
from selfservice.web.live import MOST_STREAMS, RESERVE

FEWEST_THREADS = MOST_STREAMS + RESERVE
"""Each open console holds a thread; the reserve beyond their cap is what customers' pages are served with."""

STOP_SECONDS = 10
HEADER_MILLISECONDS = 10_000
_BASE_URL = f"{config.PREFIX}BASE_URL"


@click.command("serve", cls=Command, example="serve --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Server processes. [default: one, in production one a core]"
)
@click.option(
    "--threads",
    type=click.IntRange(FEWEST_THREADS, 512),
    default=FEWEST_THREADS,
    show_default=True,
    help=f"Threads a process; up to {MOST_STREAMS} of them follow open consoles.",
)
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Serve https with this certificate (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="The key of that certificate (PEM).")
def command(
    host: str, port: int, workers: int | None, threads: int, tls_cert: Path | None, tls_key: Path | None
) -> None:
    """Serve pages and the console. With SELFSERVICE_WORKER=inside (the default) one worker runs beside it.

    SIGTERM and Ctrl+C stop both after the requests that are under way. Behind a proxy, set
    SELFSERVICE_TRUSTED_PROXIES to how many there are, and let the proxy speak https. Without one, --tls-cert and
    --tls-key let a real phone try what browsers allow over https alone: see docs/real-phone.md.
    """
    settings = config.current()
    certificate = certificates.read(tls_cert, tls_key)
    for sentence in boot.require_ready():
        click.echo(sentence, err=True)
    address = find_address(host, port)
    shown = _address_of(host, port, scheme="https" if certificate else "http")
    _prepare_environment(settings, shown)
    _announce(settings, shown)
    # SQLite's locks belong to a process: nothing that is open may be carried into a forked one.
    db.dispose()
    server = make_server(address, port, workers=workers or _count(settings), threads=threads, certificate=certificate)
    serve(server, settings=settings, port=port, threads=threads)


def make_server(address: str, port: int, *, workers: int, threads: int, certificate: Certificate | None = None) -> Any:
    """The server with our options; what it serves is the loader's to say."""
    from granian import Granian  # noqa: PLC0415 - the server, needed by this command alone
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415 - as above
    from granian.http import HTTP1Settings  # noqa: PLC0415 - as above
    from granian.log import LogLevels  # noqa: PLC0415 - as above

    return Granian(
        "app:app",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        # More than Python can use only wait for each other; the second core is for the other processes.
        runtime_threads=1,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        websockets=False,
        # Its lines go where ours go: to the handlers of the root logger, as JSON. Requests are logged by us.
        log_level=LogLevels.error,
        log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}},
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        ssl_cert=certificate.path if certificate else None,
        ssl_key=certificate.key if certificate else None,
    )


def serve(server: Any, *, settings: Settings, port: int, threads: int) -> None:
    """Serve until SIGTERM or SIGINT; raises SystemExit with 1 when the server ends by itself."""
    if settings.worker == "inside":
        keeper = Keeper(flask_command("worker", "--beside", str(os.getpid())))
        server.on_startup(keeper.start)
        server.on_shutdown(keeper.stop)
    server.serve(target_loader=partial(server_process.load, os.getpid(), port=port, threads=threads), wrap_loader=False)


def find_address(host: str, port: int) -> str:
    """The IP address to listen on; raises ConfigError when that is impossible or the port is taken.

    The server shares its port between its processes, so that a second one would quietly take half of the visitors.
    """
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":  # Elsewhere it would allow what is refused here.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except socket.gaierror:
        raise ConfigError(f"{host} is not an address of this machine: write --host 127.0.0.1 or 0.0.0.0.") from None
    except OSError as error:
        raise ConfigError(_why_not(host, port, error)) from None
    return str(place[0])


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken: stop what listens there, or choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} is kept for the system: choose one above 1023 with --port, and let a proxy listen there."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine: write --host 127.0.0.1 or 0.0.0.0."
    return f"Nothing can listen on {host} port {port} ({error.strerror}): choose others with --host and --port."


def _prepare_environment(settings: Settings, shown: str) -> None:
    """Set what the server's and the worker's processes read when they make the application for themselves."""
    os.environ.pop("FLASK_RUN_FROM_CLI", None)  # Without it, settings are strict.
    if not settings.is_production and not os.environ.get(_BASE_URL):
        os.environ[_BASE_URL] = shown


def _announce(settings: Settings, shown: str) -> None:
    click.echo(f"Serving on {shown} (Ctrl+C stops it)")
    if settings.is_production:
        return
    base = os.environ.get(_BASE_URL, settings.base_url)
    click.echo(f"  Console  {base}/console  {sign_in.describe(settings)}".rstrip())
    click.echo(f"  Handset  {base}/phone  (the texts that customers get)")
    if not base.startswith("https://"):
        click.echo("  A real phone takes pushes over https alone: docs/real-phone.md says how to try it.")


def _address_of(host: str, port: int, *, scheme: str) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - shown only
    return f"{scheme}://{shown}:{port}"


def _count(settings: Settings) -> int:
    return (os.cpu_count() or 1) if settings.is_production else 1
