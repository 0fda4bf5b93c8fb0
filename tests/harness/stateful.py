"""Runs state machines the same way each time: Hypothesis chooses from what a machine shows, so that may not vary.

Left to itself it also tries the constants of all of our modules that the process happens to have loaded: each run of
other tests, and each change of the product, would then have examples of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from unittest import mock

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.stateful import FeatureFlags, Rule, RuleBasedStateMachine, get_state_machine_test

EXAMPLES = 6
"""How many examples begin from one seed."""

_CHOSEN = settings(
    database=None,
    max_examples=EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    phases=(Phase.generate,),  # What fails is told as it came: to look for the shortest way there takes minutes.
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class Machine(RuleBasedStateMachine):
    """A machine in which every rule that may be used at a moment is as likely as every other.

    Hypothesis leaves about half of the rules out of each example and prefers some among few; too seldom does a message
    then come all the way from its acceptance to the provider's last word. The simplest example takes them in turn.
    """

    def __init__(self) -> None:
        super().__init__()
        self._turns = 0
        chosen = self._rules_strategy
        chosen.enabled_rules_strategy = st.just(FeatureFlags())
        chosen._enabled_rules_strategy = st.integers(0, 2**20).map(self._find_rule)

    def _find_rule(self, number: int) -> Rule:
        usable = [rule for rule in self._rules_strategy.rules if self._rules_strategy.is_valid(rule)]
        self._turns += 1
        return usable[(number + self._turns) % len(usable)]


def run(begin: Callable[[], Callable[[], Machine]], *, rounds: int, is_enough: Callable[[], bool]) -> None:
    """Run up to so many rounds of examples, always the same ones; no more once it `is_enough`.

    `begin` gives a round its machines: what they know of the rounds before stays the same throughout a round.
    """
    numbers = itertools.count(1)
    with (
        mock.patch("secrets.randbelow", lambda limit: next(numbers) % limit),  # Identifiers in the order they are made.
        mock.patch.object(HypothesisProvider, "_maybe_draw_constant", return_value=None),
    ):
        for number in range(rounds):
            if is_enough():
                return
            seed(number)(get_state_machine_test(begin(), settings=_CHOSEN))()
