"""The stores: all of a file or nothing of it, on the disk and at a service that speaks S3 and checks signatures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from selfservice import clock
from selfservice.errors import Unavailable
from selfservice.media import stores
from selfservice.media.disk import Disk
from selfservice.media.s3 import S3, read_bucket
from selfservice.media.signing import Credentials, sign
from selfservice.media.store import Missing, Store
from tests.harness.server import find_free_port
from tests.media.bucket import REGION, Service, serving

KEY = "photo/0000000000A"
BODY = bytes(range(256)) * 300


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as service:
        yield service


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "disk":
        return Disk(tmp_path / "media")
    return S3(read_bucket(request.getfixturevalue("service").setting))


class TestEveryStore:
    def test_gives_back_what_it_was_given(self, store: Store) -> None:
        store.put(KEY, BODY)

        assert store.get(KEY) == BODY

    def test_keeps_the_last_of_two(self, store: Store) -> None:
        store.put(KEY, b"first")
        store.put(KEY, BODY)

        assert store.get(KEY) == BODY

    def test_says_what_is_missing(self, store: Store) -> None:
        with pytest.raises(Missing):
            store.get(KEY)

    def test_deletes_what_is_there_and_what_is_not(self, store: Store) -> None:
        store.put(KEY, BODY)
        for _ in range(2):
            store.delete(KEY)

        with pytest.raises(Missing):
            store.get(KEY)

    def test_has_no_fault(self, store: Store) -> None:
        assert stores.find_fault(store) is None


class TestDisk:
    def test_only_the_application_may_read(self, tmp_path: Path) -> None:
        Disk(tmp_path / "media").put(KEY, BODY)

        assert (tmp_path / "media" / KEY).stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "media" / "photo").stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize("step", ["fsync", "replace"])
    def test_nothing_is_half_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        store = Disk(tmp_path)
        store.put(KEY, b"first")

        def fail(*_arguments: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, step, fail)
        if step == "replace":
            monkeypatch.setattr(Path, "replace", fail)
        with pytest.raises(Unavailable, match="make room"):
            store.put(KEY, BODY)
        monkeypatch.undo()

        assert store.get(KEY) == b"first"
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["0000000000A"]

    def test_a_folder_that_is_a_file_is_a_fault(self, tmp_path: Path) -> None:
        (tmp_path / "media").write_text("")

        assert "cannot be written to" in (stores.find_fault(Disk(tmp_path / "media")) or "")


class TestS3:
    def test_objects_lie_in_the_bucket_by_path(self, service: Service) -> None:
        S3(read_bucket(service.setting)).put(KEY, BODY)

        assert service.objects == {f"/photos/{KEY}": BODY}
        assert service.asked == [f"PUT /photos/{KEY}"]

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (("wJalr", "wrong"), "does not let us in"),
            (("AKIA", "BKIA"), "does not let us in"),
            ((f"region={REGION}", "region=us-east-1"), "HTTP 400"),
            (("/photos?", "/other?"), "HTTP 404"),
        ],
    )
    def test_a_wrong_setting_is_told(self, service: Service, change: tuple[str, str], sentence: str) -> None:
        setting = service.setting.replace(*change)

        fault = stores.find_fault(S3(read_bucket(setting)))

        assert fault is not None
        assert sentence in fault
        assert service.objects == {}
        assert not any(secret in fault for secret in ("wJalr", "wrong", "KIAIOS"))

    def test_a_clock_that_is_wrong_is_refused(self, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
        wrong = clock.now() + timedelta(hours=1)
        monkeypatch.setattr(clock, "now", lambda: wrong)

        fault = stores.find_fault(S3(read_bucket(service.setting)))

        assert fault is not None
        assert "does not let us in" in fault

    def test_a_lost_answer_is_asked_for_again(self, service: Service) -> None:
        store = S3(read_bucket(service.setting))
        service.faults.append("lost")
        store.put(KEY, BODY)
        service.faults.append("half")

        assert store.get(KEY) == BODY
        assert service.objects == {f"/photos/{KEY}": BODY}

    @pytest.mark.parametrize("faults", [["busy"], ["cut", "cut"]])
    def test_a_service_in_trouble_is_unavailable(self, service: Service, faults: list[str]) -> None:
        store = S3(read_bucket(service.setting))
        for call in (lambda: store.put(KEY, BODY), lambda: store.get(KEY), lambda: store.delete(KEY)):
            service.faults.extend(faults)
            with pytest.raises(Unavailable):
                call()

        assert service.objects == {}

    def test_nobody_there_is_unavailable(self) -> None:
        setting = f"s3://key:secret@127.0.0.1:{find_free_port()}/photos?scheme=http"

        with pytest.raises(Unavailable, match="cannot be reached"):
            S3(read_bucket(setting)).put(KEY, BODY)

    def test_what_is_still_there_is_not_deleted(self, service: Service) -> None:
        store = S3(read_bucket(service.setting))
        store.put(KEY, BODY)
        service.faults.append("kept")

        with pytest.raises(Unavailable, match="still has"):
            store.delete(KEY)


class TestSignature:
    """The examples of the API reference, "Signature Calculations for the Authorization Header"."""

    CREDENTIALS = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    AT = datetime(2013, 5, 24, tzinfo=UTC)
    HOST = "https://examplebucket.s3.amazonaws.com"

    def test_of_the_documented_get(self) -> None:
        headers = sign(self.CREDENTIALS, "GET", f"{self.HOST}/test.txt", {"Range": "bytes=0-9"}, b"", at=self.AT)

        assert headers["Authorization"] == (
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        )

    def test_of_the_documented_put(self) -> None:
        given = {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}
        body = b"Welcome to Amazon S3."

        headers = sign(self.CREDENTIALS, "PUT", f"{self.HOST}/test%24file.text", given, body, at=self.AT)

        assert headers["Authorization"].endswith("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
