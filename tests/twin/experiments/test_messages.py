"""Repository monitoring's queue against faults: nothing is lost, nothing is done twice, and poison stands alone."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.twin.experiments import messages
from tests.twin.experiments.laboratory import TABLES, Laboratory

pytestmark = pytest.mark.slow


def explore(laboratory: Laboratory, count: int, *, seed: int, visibility: int, within: float) -> str:
    """Send so many messages with faults among them, and hold what was promised; what was measured."""
    chance = random.Random(seed)
    load = messages.prepare(laboratory, count, chance=chance)
    faults = messages.hurt(laboratory, load, chance=chance)
    with messages.watched(laboratory, visibility=visibility):
        found = messages.deliver(laboratory, load, within=within)
    assert all(laboratory.calls(fault) for fault in faults), "a fault met no call"
    # Every activity has ended, the right way.
    promised = dict.fromkeys(load.good, "completed") | dict.fromkeys(load.poison, "failed")
    assert {a: s for a, s in found.states.items() if s != promised[a]} == {}
    # Each good one took effect once, whoever delivered it again.
    assert found.completions == Counter(load.good.keys())
    # The poison, all of it and each once, and nothing else is in the dead-letter queue.
    assert found.dead == load.dead
    # Who shares a batch with poison is not repeated: only what was sent twice or lost its answer comes again.
    assert found.skipped <= load.repeated
    return (
        f"{count} messages, {sum(load.dead.values())} of them poison, {len(faults)} calls hurt: {len(load.good)}"
        f" activities completed in {found.seconds:.1f} s, {found.skipped} needless deliveries"
    )


@pytest.mark.requirement(264)
def test_messages_survive_the_models_and_the_consumers_faults(laboratory: Laboratory) -> None:
    explore(laboratory, 200, seed=1, visibility=6, within=120)


@pytest.mark.prove
@pytest.mark.requirement(90, 264)
def test_ten_thousand_messages_with_faults_take_effect_once_each(
    laboratory: Laboratory, pytestconfig: pytest.Config
) -> None:
    measured = explore(laboratory, 10_000, seed=2, visibility=30, within=900)
    pytestconfig.stash.setdefault(TABLES, []).append(measured)
