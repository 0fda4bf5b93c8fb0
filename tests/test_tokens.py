"""Links: what we signed opens, and nothing else does, however it is bent."""

from __future__ import annotations

import random
import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfservice.tokens import ALPHABET, TOKEN_WIDTH, BadToken, DataKeys, Key, Keyring, decode_id, encode_id, new_id

KEYS = (Key("b", "second-" + "s" * 40), Key("a", "first-" + "f" * 40))
RING = Keyring(KEYS)
PAGE = 5_123_456_789_012_345_678
TOKEN = RING.sign_page(PAGE)


def refuses(token: str, ring: Keyring = RING) -> bool:
    try:
        ring.read_page(token)
    except BadToken:
        return True
    return False


def test_token_has_fixed_width_and_no_punctuation() -> None:
    tokens = [RING.sign_page(page) for page in (1, 2**40, 2**63 - 1)]

    assert {len(token) for token in tokens} == {TOKEN_WIDTH}
    assert TOKEN_WIDTH == 34
    assert set("".join(tokens)) <= set(string.ascii_letters + string.digits)


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_token_round_trip(page: int) -> None:
    assert RING.read_page(RING.sign_page(page)) == page
    assert decode_id(encode_id(page)) == page


def test_200_000_forgeries_are_refused() -> None:
    # Half are noise; half are as good as a forger gets: a known key id, a page that exists, a signature guessed or
    # taken from another page.
    chance = random.Random(20261121)
    others = [RING.sign_page(chance.getrandbits(63))[12:] for _ in range(64)]
    accepted = 0
    for turn in range(200_000):
        if turn % 2:
            token = "".join(chance.choices(ALPHABET, k=TOKEN_WIDTH))
        elif turn % 4:
            token = TOKEN[:12] + "".join(chance.choices(ALPHABET, k=22))
        else:
            token = TOKEN[:12] + chance.choice(others)
        accepted += not refuses(token)

    assert accepted == 0


def test_forgery_test_would_notice_a_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("selfservice.tokens.hmac.compare_digest", lambda _left, _right: True)

    assert not refuses(TOKEN[:12] + "0" * 22)


def test_every_single_character_change_is_refused() -> None:
    letters = ALPHABET + "=%-_.~+/ \n\x00é"
    changed = {TOKEN[:place] + letter + TOKEN[place + 1 :] for place in range(TOKEN_WIDTH) for letter in letters}
    changed.discard(TOKEN)

    assert [token for token in changed if not refuses(token)] == []


@pytest.mark.parametrize("extra", ["=", "==", "%3D", "%3d", " ", "\n", "/", ".", "0", "\u200b", "٣"])
def test_added_characters_are_refused(extra: str) -> None:
    assert refuses(TOKEN + extra)
    assert refuses(extra + TOKEN)


def test_case_changes_are_refused() -> None:
    assert refuses(TOKEN.swapcase())
    assert refuses(TOKEN.lower())
    assert refuses(TOKEN.upper())


def test_shorter_and_empty_are_refused() -> None:
    assert all(refuses(TOKEN[:length]) for length in range(TOKEN_WIDTH))


@pytest.mark.parametrize("purpose", ["answer.confirm", "preferences", "receipt", "pages", "Page", ""])
def test_other_purposes_do_not_open_a_page(purpose: str) -> None:
    assert refuses(RING.sign(purpose, PAGE))


def test_answer_token_opens_nothing_and_allows_one_action() -> None:
    token = RING.sign_answer(PAGE, "confirm")

    assert RING.read_answer(token) == (PAGE, "confirm")
    assert refuses(token)
    assert refuses(token[:TOKEN_WIDTH])
    for forged in (token[:TOKEN_WIDTH] + "cancel", TOKEN + "confirm", token + "x", token[:TOKEN_WIDTH]):
        with pytest.raises(BadToken):
            RING.read_answer(forged)


def test_rotation_keeps_old_links_and_signs_with_the_first_key() -> None:
    before = Keyring(KEYS[1:])
    old = before.sign_page(PAGE)

    assert RING.read_page(old) == PAGE
    assert RING.sign_page(PAGE)[0] == "b"
    assert refuses(TOKEN, before)


def test_dropped_or_replaced_key_ends_its_links() -> None:
    other = Keyring((Key("b", "another-" + "x" * 40),))

    assert refuses(TOKEN, other)
    assert refuses(TOKEN, Keyring(KEYS[1:]))


def test_value_past_the_range_is_refused_even_when_signed() -> None:
    stem = "b" + "z" * 11
    token = stem + RING._mac("page", "b", stem)

    assert refuses(token)


def test_new_ids_fit_both_databases() -> None:
    ids = {new_id() for _ in range(1_000)}

    assert len(ids) == 1_000
    assert all(0 < value < 2**63 for value in ids)


def test_data_keys_find_what_an_older_key_wrote() -> None:
    old = DataKeys((Key("a", "o" * 40),))
    rotated = DataKeys((Key("b", "n" * 40), Key("a", "o" * 40)))

    assert old.hash("suppression", "+12025550123") in rotated.hashes("suppression", "+12025550123")
    assert rotated.hash("suppression", "+12025550123")[0] == "b"
    assert old.hash("other", "+12025550123") != old.hash("suppression", "+12025550123")


def test_derived_keys_do_not_grow_without_end() -> None:
    ring = Keyring(KEYS)
    for _ in range(5_000):
        with pytest.raises(BadToken):
            ring.read_answer(TOKEN + secrets.token_hex(8))

    assert len(ring._derived) <= 4_096
