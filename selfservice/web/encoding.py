"""Compressing what is made afresh for each request: zstd, Brotli or gzip, whichever the browser takes."""

from __future__ import annotations

import gzip
import threading

import brotli
import zstandard
from flask import Response, request

ZSTD_LEVEL = 6
BROTLI_QUALITY = 5
GZIP_LEVEL = 6
SMALLEST = 400

_local = threading.local()


def compressed(text: str, status: int = 200) -> Response:
    """A response with `text` as its body, in the best encoding both sides have; small bodies go as they are.

    zstd goes first: at the same size it costs a third of Brotli's time.
    """
    body = text.encode()
    coding = _choose(request.headers.get("Accept-Encoding", "")) if len(body) >= SMALLEST else ""
    if coding == "zstd":
        body = _compressor().compress(body)
    elif coding == "br":
        body = brotli.compress(body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY)
    elif coding == "gzip":
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
    response = Response(body, status)
    if coding:
        response.headers.set("Content-Encoding", coding)
    response.headers.set("Vary", "Accept-Encoding")
    return response


def _choose(accepted: str) -> str:
    offered = {}
    for part in accepted.split(","):
        name, _, parameter = part.strip().partition(";")
        offered[name.strip().lower()] = parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((coding for coding in ("zstd", "br", "gzip") if offered.get(coding)), "")


def _compressor() -> zstandard.ZstdCompressor:
    compressor: zstandard.ZstdCompressor | None = getattr(_local, "compressor", None)
    if compressor is None:
        compressor = _local.compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
    return compressor
