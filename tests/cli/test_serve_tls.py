"""`flask serve --tls-cert`: https without a proxy, and a sentence for every certificate that cannot be used."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import time
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from selfservice.cli import certificate
from selfservice.errors import ConfigError
from tests.harness.certificates import make_certificate
from tests.harness.server import FLASK, ROOT, LiveServer


def test_pages_are_served_over_https(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, "phone.example")
    server = LiveServer(tmp_path, WORKER="off")
    environ = {name: value for name, value in server.environ.items() if name != "SELFSERVICE_BASE_URL"}
    server.prepare()
    options = ["--port", str(server.port), "--tls-cert", str(made.path), "--tls-key", str(tmp_path / "key.pem")]
    process = subprocess.Popen(
        [*FLASK, "serve", *options], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        trust = ssl.create_default_context(cafile=str(made.path))
        health = None
        deadline = time.monotonic() + 60
        while health is None and time.monotonic() < deadline:
            connection = HTTPSConnection("127.0.0.1", server.port, timeout=5, context=trust)
            try:
                connection.request("GET", "/healthz")
                health = json.loads(connection.getresponse().read())
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        said, _ = process.communicate(timeout=30)

    assert health == {"status": "ok"}
    assert said.startswith(f"Serving on https://127.0.0.1:{server.port} (Ctrl+C stops it)")
    assert "docs/real-phone.md" not in said


def test_plain_http_needs_nothing() -> None:
    assert certificate.read(None, None) is None


def test_both_files_are_found(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, "phone.example")

    assert certificate.read(made.path, tmp_path / "key.pem") == (made.path, tmp_path / "key.pem")


@pytest.mark.parametrize(
    ("cert", "key", "sentence"),
    [
        ("certificate.pem", None, "belong together"),
        (None, "key.pem", "belong together"),
        ("nowhere.pem", "key.pem", "--tls-cert names .*nowhere.pem, which is not there"),
        ("certificate.pem", "nowhere.pem", "--tls-key names .*nowhere.pem, which is not there"),
        ("key.pem", "key.pem", "cannot be used with the key"),
        ("certificate.pem", "other.pem", "cannot be used with the key"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told(
    tmp_path: Path, cert: str | None, key: str | None, sentence: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    make_certificate(tmp_path / "elsewhere", "phone.example")
    make_certificate(tmp_path, "phone.example")
    (tmp_path / "elsewhere" / "key.pem").rename(tmp_path / "other.pem")

    with pytest.raises(ConfigError, match=sentence):
        certificate.read(tmp_path / cert if cert else None, tmp_path / key if key else None)
