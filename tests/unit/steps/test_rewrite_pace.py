"""How fast secrets are rewritten, how much memory that takes, and how progress is told."""

from __future__ import annotations

import threading
import tracemalloc
from dataclasses import replace

import pytest

from azext_akskv.engine.pace import RateLimit
from azext_akskv.model.duration import suiting_rate
from azext_akskv.model.ids import KeyId
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.kube import SecretPage, SecretRef, Tally
from azext_akskv.ports import Touched
from azext_akskv.steps.rewrite import rewrite
from azext_akskv.steps.rewrite_pass import Order
from azext_akskv.steps.rewrite_progress import sentence
from tests.unit.steps.secret_store import FakeClock, Scene, SecretStore, a_cluster
from tests.unit.steps.test_rewrite import ONE_BY_ONE, rewritten, tally_of


def test_connections_grow_to_what_is_allowed_and_rewrite_each_secret_once() -> None:
    scene = Scene(SecretStore(team_a=300, team_b=5, team_c=700))
    waiting = threading.Barrier(8, timeout=10)
    together = {SecretRef("team-a", f"s-{number:03}") for number in range(200, 208)}

    def meet(secret: SecretRef) -> None:
        if secret in together:
            waiting.wait()

    scene.store.before_touch = meet
    assert tally_of(rewritten(scene, Order(0, connections=8))) == Tally(total=1005, rewritten=1005)
    assert scene.store.most_at_once == 8
    assert sorted(scene.store.touched) == sorted(scene.store.stored)


class Endless(SecretStore):
    """Secrets that are made up when they are listed, so that only what the pass keeps takes memory."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def page(self, namespace: str, after: str | None = None, limit: int = 500) -> SecretPage:
        first = int(after or 0)
        last = min(first + limit, self.count)
        names = tuple(SecretRef(namespace, f"s-{number:06}") for number in range(first, last))
        return SecretPage(names, self.revision, str(last) if last < self.count else None)

    def touch(self, secret: SecretRef) -> Touched:
        return Touched(self.revision + 1)


def peak_memory(count: int) -> int:
    scene = Scene(Endless(count))
    tracemalloc.start()
    assert tally_of(rewritten(scene, Order(0, connections=4))).rewritten == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_ten_times_the_secrets_take_no_more_memory() -> None:
    peak_memory(500)  # what is imported and cached on the way
    assert peak_memory(10_000) < peak_memory(1_000) * 1.5


def test_a_run_that_must_keep_an_order_uses_one_connection() -> None:
    scene = Scene(SecretStore(team_a=20))
    run = scene.run()
    run.serial = True
    rewrite(run, Order(0, connections=8))
    assert scene.store.most_at_once == 1
    assert scene.store.touched == sorted(scene.store.stored)


def test_the_rate_is_kept() -> None:
    scene = Scene(SecretStore(team_a=400))
    rewritten(scene, replace(ONE_BY_ONE, per_second=20))
    assert 19.0 <= scene.clock.seconds <= 20.0


def test_a_rate_limit_begins_with_one_and_halves_down_to_one_a_second() -> None:
    clock = FakeClock()
    limit = RateLimit(clock, 4)
    for _ in range(5):
        limit.take()
    assert clock.seconds == pytest.approx(1.0)
    for _ in range(9):
        limit.halve()
    assert limit.per_second == 1.0


@pytest.mark.parametrize(
    ("v1", "kind", "bits", "rate"),
    [
        (False, "RSA", 2048, 200),
        (True, "RSA", 2048, 20),
        (True, "RSA", None, 20),
        (True, "RSA", 3072, 5),
        (True, "RSA", 4096, 2.5),
        (True, "RSA", 8192, 2.5),
        (True, "RSA-HSM", 2048, 10),
    ],
)
def test_the_rate_follows_from_the_kms_version_and_the_key(v1: bool, kind: str, bits: int | None, rate: float) -> None:
    key = KeyVersion(KeyId("kv1.vault.azure.net", "kms", "01"), kind, frozenset(), True, size_bits=bits)
    assert suiting_rate(v1, key) == rate


def test_on_kms_v1_an_api_server_that_gets_unready_halves_the_rate() -> None:
    scene = Scene(SecretStore(team_a=400), cluster=a_cluster("1.26.3"))
    scene.clock.at[6] = lambda: setattr(scene.store, "is_ready", False)
    scene.clock.at[11.1] = lambda: setattr(scene.store, "is_ready", True)
    rewritten(scene, replace(ONE_BY_ONE, per_second=20, gentle=True))
    assert scene.clock.seconds > 30


def test_progress_has_rate_and_time_left_and_is_not_told_too_often() -> None:
    scene = Scene(SecretStore(team_a=400))
    rewritten(scene, replace(ONE_BY_ONE, per_second=100, expected=400))
    assert len(scene.reporter.ticks) <= 20
    assert scene.reporter.ticks[-1].startswith("3") and " of 400 secrets, 10" in scene.reporter.ticks[-1]
    assert scene.reporter.ticks[-1].endswith(" s left")


@pytest.mark.parametrize(
    ("done", "expected", "rate", "text"),
    [
        (1250, 3000, 190.0, "1,250 of 3,000 secrets, 190/s, 9 s left"),
        (1250, None, 190.0, "1,250 secrets, 190/s"),
        (10, 2000, 0.5, "10 of 2,000 secrets, 30/min, 66 min 20 s left"),
        (3005, 3000, 190.0, "3,005 of 3,005 secrets, 190/s, 0 s left"),
        (0, 3000, 0.0, "0 of 3,000 secrets"),
    ],
)
def test_progress_is_one_short_sentence(done: int, expected: int | None, rate: float, text: str) -> None:
    assert sentence(done, expected, rate) == text
