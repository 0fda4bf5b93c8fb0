"""The yardstick: a bare Flask route that returns the bytes of one page of ours, served with the same options.

Run as a module with a port and the folder that holds the bytes, one file for each encoding.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flask import Flask, Response

from selfservice.cli.serve import FEWEST_THREADS, make_server

FOLDER = "BENCH_BODIES"
"""The variable that names the folder to the server's processes."""


def load(_target: str = "") -> Flask:
    """The application for a server's process."""
    return make(Path(os.environ[FOLDER]))


def make(folder: Path) -> Flask:
    """The application; the bytes are read once."""
    app = Flask(__name__)
    bodies = {path.suffix[1:]: path.read_bytes() for path in folder.glob("page.*")}

    @app.get("/<coding>/<token>")
    def show(coding: str, token: str) -> Response:
        headers = {} if coding == "identity" else {"Content-Encoding": coding}
        return Response(bodies[coding], headers=headers, content_type="text/html; charset=utf-8")

    return app


if __name__ == "__main__":
    os.environ[FOLDER] = sys.argv[2]
    server = make_server("127.0.0.1", int(sys.argv[1]), workers=1, threads=FEWEST_THREADS)
    server.serve(target_loader=load, wrap_loader=False)
