"""Channels: on what a customer can be told of a page."""

from __future__ import annotations

CHANNELS = ("push", "sms", "email")
"""A notification on a phone that asked for them, a text, an e-mail: in the order in which they are usually tried."""
