"""Telephone numbers for people in tests: each is nobody's, and none is given twice by one process."""

from __future__ import annotations

import itertools

# 555-0100 to 555-0199 are kept free for fiction in every one of these areas.
_AREAS = (
    *(203, 205, 206, 208, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239, 240, 248, 251),
    *(252, 253, 254, 256, 260, 262, 267, 269, 270, 272, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312),
    *(313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 347, 351, 352, 360, 361),
)
_FREE = (f"+1{area}555{line:04d}" for line, area in itertools.product(range(100, 200), _AREAS))


def fresh_number() -> str:
    """A number that no other person of this process has: what one did or chose is not remembered of another."""
    return next(_FREE)
