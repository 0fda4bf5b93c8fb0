"""SELFSERVICE_MEDIA: loud when it is wrong, and silent about what is secret in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from selfservice.config import Settings
from selfservice.errors import ConfigError
from selfservice.media import stores
from selfservice.media.s3 import read_bucket
from selfservice.media.signing import Credentials
from tests.harness.application import KEYS, make_settings
from tests.media.bucket import Service, serving


def load(value: str, root: Path, **more: str) -> Settings:
    return make_settings("sqlite:///pages.sqlite", root, MEDIA=value, **more)


def test_photos_are_kept_in_the_instance_folder(tmp_path: Path) -> None:
    settings = make_settings("sqlite:///pages.sqlite", tmp_path)

    assert (settings.media, stores.folder(settings)) == ("disk://", tmp_path / "instance" / "media")


def test_a_folder_can_be_named(tmp_path: Path) -> None:
    assert stores.folder(load(f"disk://{tmp_path}/photos", tmp_path)) == tmp_path / "photos"


def test_a_bucket_can_be_named(tmp_path: Path) -> None:
    settings = load("s3://AK:a%2Fb%2Bc@s3.eu-central-1.amazonaws.com/clinic-photos?region=eu-central-1", tmp_path)

    bucket = read_bucket(settings.media)

    assert bucket.url == "https://s3.eu-central-1.amazonaws.com/clinic-photos"
    assert bucket.credentials == Credentials("AK", "a/b+c", "eu-central-1")
    assert not any(secret in repr((settings, bucket)) for secret in ("a/b+c", "a%2Fb"))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("disk://photos", "from the root on"),
        ("ftp://host/photos", "is not a place for photos"),
        ("photos", "is not a place for photos"),
        ("s3://host/bucket", "lacks a part"),
        ("s3://AK@host/bucket", "lacks a part"),
        ("s3://AK:hush/hush@host/bucket", "lacks a part"),
        ("s3://AK:hush@host:port/bucket", "lacks a part"),
        ("s3://AK:hush@host", "names no bucket"),
        ("s3://AK:hush@host/bucket/folder", "names no bucket"),
        ("s3://AK:hush@host/../bucket", "names no bucket"),
        ("s3://AK:hush@host/bucket?zone=eu", "option that is not known"),
        ("s3://AK:hush@host/bucket?region=EU!", "wrong value"),
        ("s3://AK:hush@host/bucket?scheme=gopher", "wrong value"),
    ],
)
def test_a_wrong_value_is_told_without_repeating_it(tmp_path: Path, value: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(value, tmp_path)

    assert caught.value.message.startswith("SELFSERVICE_MEDIA ")
    assert sentence in caught.value.message
    assert "hush" not in caught.value.message


@pytest.mark.parametrize(("host", "is_told"), [("minio.lan", True), ("127.0.0.1:9000", False)])
def test_production_sends_no_photo_in_the_clear(tmp_path: Path, host: str, is_told: bool) -> None:
    environ = {**KEYS, "SELFSERVICE_ENV": "production", "SELFSERVICE_BASE_URL": "https://pages.example.com"}
    environ["SELFSERVICE_MEDIA"] = f"s3://AK:hush@{host}/photos?scheme=http"

    problems = Settings.load(environ, root=tmp_path, strict=False).problems

    assert any(problem.startswith("SELFSERVICE_MEDIA says scheme=http") for problem in problems) is is_told


class TestDoctor:
    @pytest.fixture
    def bucket(self) -> Iterator[Service]:
        with serving() as service:
            yield service

    def finding(self, app: Flask, media: str) -> dict[str, str]:
        settings = app.extensions["selfservice.settings"]
        app.extensions["selfservice.settings"] = settings.model_copy(update={"media": media})
        done = FlaskCliRunner(app).invoke(args=["doctor", "--json"])
        found: list[dict[str, str]] = json.loads(done.stdout)["checks"]
        return next(check for check in found if check["name"] == "photos")

    @pytest.mark.database("sqlite")
    def test_a_bucket_that_can_be_used_is_fine(self, app: Flask, bucket: Service) -> None:
        assert self.finding(app, bucket.setting)["state"] == "ok"
        assert bucket.objects == {}

    @pytest.mark.database("sqlite")
    def test_a_bucket_that_cannot_is_a_problem(self, app: Flask, bucket: Service) -> None:
        found = self.finding(app, bucket.setting.replace("AKIA", "BKIA"))

        assert found["state"] == "problem"
        assert "look at key, secret" in found["says"]

    @pytest.mark.database("sqlite")
    def test_a_folder_that_cannot_be_written_to_is_a_problem(self, app: Flask, tmp_path: Path) -> None:
        (tmp_path / "photos").write_text("a file")

        assert self.finding(app, f"disk://{tmp_path}/photos")["state"] == "problem"

    @pytest.mark.database("sqlite")
    def test_looking_makes_no_folder(self, app: Flask, tmp_path: Path) -> None:
        assert self.finding(app, f"disk://{tmp_path}/photos")["state"] == "ok"
        assert not (tmp_path / "photos").exists()
