from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import dictionaries, from_regex, sampled_from, text

from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import KeyId
from azext_akskv.model.ledger import (
    DIGEST_TAG,
    ERA_TAG,
    ERA_TAGS,
    MOST_ERAS,
    Era,
    ledger_of,
    with_change,
    with_rewrite,
)
from azext_akskv.model.observed import Observed
from azext_akskv.model.retirement import previous_keys
from tests.builders import HOST, KEY, NOW, a_cluster, cluster_json

RUN = "20261127-180000-rotate"
LONGEST_HOST = "a" * 24 + ".vault.usgovcloudapi.net"
ALONE: Observed[tuple[Cluster, ...]] = Observed(())


def never() -> Cluster:
    return a_cluster(cluster_json())


def other(key: KeyId | None = None) -> Cluster:
    raw = cluster_json(kms=key)
    return a_cluster(raw | {"id": f"{raw['id']}-other"})


def version(letter: str) -> KeyId:
    return KeyId(HOST, "etcd", letter * 32)


def changed(cluster: Cluster, key: KeyId | None) -> Cluster:
    """After a run of ours has put that key in, an hour later."""
    tags = with_change(cluster, key, RUN)
    raw = cluster_json(kms=key or cluster.kms.key, enabled=key is not None)
    return replace(a_cluster(raw), tags=tags, seen_at=cluster.seen_at + timedelta(hours=1))


def rewritten(cluster: Cluster, r0: int = 100) -> Cluster:
    tags = with_rewrite(cluster, r0)
    assert tags
    return replace(cluster, tags=tags)


def by_others(cluster: Cluster, key: KeyId | None) -> Cluster:
    raw = cluster_json(kms=key or cluster.kms.key, enabled=key is not None)
    return replace(a_cluster(raw), tags=cluster.tags, seen_at=cluster.seen_at + timedelta(hours=1))


def rotated(*keys: KeyId) -> Cluster:
    cluster = never()
    for key in keys:
        cluster = rewritten(changed(cluster, key))
    return cluster


def fates(
    cluster: Cluster, neighbours: Observed[tuple[Cluster, ...]] = ALONE, proved: bool = True
) -> dict[str, object]:
    found = previous_keys(cluster, neighbours, proved)
    return {(each.id.version or "")[0]: each.may_retire for each in found}


def test_a_cluster_that_never_had_kms_has_nothing_to_tell() -> None:
    ledger = ledger_of(never())
    assert (ledger.eras, ledger.gap, ledger.present) == ((), "", None)


def test_a_change_is_told_with_the_time_before_it_was_sent() -> None:
    ledger = ledger_of(changed(never(), KEY))
    assert ledger.eras == (Era(KEY, NOW),) and not ledger.gap
    assert ledger.present and not ledger.present.rewritten


def test_the_rewrite_is_told_with_r0() -> None:
    present = ledger_of(rewritten(changed(never(), KEY), 4711)).present
    assert present and (present.rewritten, present.r0) == (True, 4711)
    assert with_rewrite(rewritten(changed(never(), KEY)), 5) is None


def test_the_same_change_sent_again_owes_its_rewrite_and_adds_no_era() -> None:
    cluster = rewritten(changed(never(), KEY))
    again = replace(cluster, tags=with_change(cluster, KEY, "another-run"))
    assert ledger_of(again).eras == (Era(KEY, NOW),)


def test_off_is_an_era_of_its_own() -> None:
    cluster = rewritten(changed(rewritten(changed(never(), KEY)), None))
    assert [era.key for era in ledger_of(cluster).eras] == [KEY, None]


def test_the_cluster_s_other_tags_stay() -> None:
    cluster = replace(never(), tags={"cost-centre": "1201", "AKSKV-RUN": "before"})
    tags = with_change(cluster, KEY, RUN)
    assert tags["cost-centre"] == "1201" and tags["akskv-run"] == RUN and "AKSKV-RUN" not in tags


def test_no_value_is_longer_than_arm_allows() -> None:
    longest = KeyId(LONGEST_HOST, "k" * 127, "f" * 32)
    cluster = replace(
        never(), tags=with_change(never(), longest, RUN), kms=replace(never().kms, enabled=True, key=longest)
    )
    tags = with_rewrite(cluster, 2**63)
    assert tags and max(map(len, tags.values())) <= 256


def test_the_oldest_eras_go_when_there_are_too_many() -> None:
    cluster = rotated(*(version(letter) for letter in "abcdef0123"))
    assert sum(name.startswith(ERA_TAG) for name in cluster.tags) == MOST_ERAS
    assert [era.key for era in ledger_of(cluster).eras] == [version(letter) for letter in "ef0123"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tags: tags.pop(DIGEST_TAG),
        lambda tags: tags.pop(f"{ERA_TAG}1"),
        lambda tags: tags.pop(f"{ERA_TAG}2"),
        lambda tags: tags.update({f"{ERA_TAG}1": tags[f"{ERA_TAG}1"].replace("done", "owed")}),
        lambda tags: tags.update({f"{ERA_TAG}2": tags[f"{ERA_TAG}1"]}),
        lambda tags: tags.update({f"{ERA_TAG}9": tags[f"{ERA_TAG}1"]}),
        lambda tags: tags.update({f"{ERA_TAG}1": "20261399T996199Z - done off"}),
        lambda tags: tags.update({f"{ERA_TAG}1": "anything"}),
        lambda tags: tags.update({DIGEST_TAG: ""}),
    ],
)
def test_tags_that_somebody_touched_tell_nothing(spoil: object) -> None:
    cluster, tags = rotated(version("a"), version("b")), {}
    tags.update(cluster.tags)
    spoil(tags)  # type: ignore[operator]
    ledger = ledger_of(replace(cluster, tags=tags))
    assert ledger.eras == () and "somebody removed or changed" in ledger.gap and ledger.present is None


def test_tags_of_another_cluster_tell_nothing() -> None:
    assert (
        "copied them there"
        in ledger_of(replace(other(version("b")), tags=rotated(version("a"), version("b")).tags)).gap
    )


def test_the_case_of_a_tag_s_name_does_not_matter() -> None:
    cluster = rotated(KEY)
    assert not ledger_of(replace(cluster, tags={name.upper(): value for name, value in cluster.tags.items()})).gap


def test_a_change_by_other_means_is_found_and_noted_with_the_next_one() -> None:
    cluster = by_others(rotated(version("a")), version("b"))
    assert "by other means" in ledger_of(cluster).gap and ledger_of(cluster).present is None
    eras = ledger_of(changed(cluster, version("c"))).eras
    assert [(era.key, era.witnessed) for era in eras] == [
        (version("a"), True),
        (version("b"), False),
        (version("c"), True),
    ]


def test_kms_that_was_there_before_us_is_found_also_when_it_is_off() -> None:
    on = changed(a_cluster(cluster_json(kms=version("a"))), version("b"))
    assert [(era.key, era.witnessed) for era in ledger_of(on).eras] == [(version("a"), False), (version("b"), True)]
    off = changed(a_cluster(cluster_json(kms=version("a"), enabled=False)), version("b"))
    assert [era.key for era in ledger_of(off).eras] == [version("a"), None, version("b")]


def test_a_proof_gives_a_found_key_its_first_era() -> None:
    cluster = rewritten(a_cluster(cluster_json(kms=KEY)), 7)
    assert ledger_of(cluster).eras == (Era(KEY, None, 7, True),)


def test_a_key_may_go_when_two_came_after_it_and_all_is_proved() -> None:
    assert fates(rotated(version("a"), version("b"))) == {"a": False}
    assert fates(rotated(version("a"), version("b"), version("c"))) == {"b": False, "a": True}
    assert fates(rotated(version("a"), version("b"), version("c")), proved=False) == {"b": False, "a": False}


def test_a_key_stays_while_one_rewrite_after_it_is_not_proved() -> None:
    between = changed(rotated(version("a")), version("b"))
    assert fates(rewritten(changed(between, version("c")))) == {"b": False, "a": False}


def test_off_and_on_with_the_same_key_is_no_later_key() -> None:
    cluster = rewritten(changed(rewritten(changed(rotated(version("a"), version("b")), None)), version("b")))
    assert fates(cluster) == {"a": False}


def test_of_what_came_before_a_change_by_others_nothing_is_known() -> None:
    cluster = by_others(rotated(version("a")), version("b"))
    assert fates(cluster) == {"a": None}
    for letter in "cd":
        cluster = rewritten(changed(cluster, version(letter)))
    assert fates(cluster) == {"c": False, "b": True, "a": None}


def test_a_key_that_another_cluster_uses_or_may_need_stays() -> None:
    cluster = rotated(version("a"), version("b"), version("c"))
    assert fates(cluster, Observed((other(version("a")),))) == {"b": False, "a": False}
    assert fates(cluster, Observed.unknown("not allowed")) == {"b": False, "a": None}


def test_a_neighbour_s_own_ledger_says_when_it_has_left_the_key() -> None:
    cluster = rotated(version("a"), version("b"), version("c"))
    neighbour = other()
    for letter in "ade":
        tags = with_change(neighbour, version(letter), RUN)
        neighbour = rewritten(replace(other(version(letter)), tags=tags))
        assert fates(cluster, Observed((neighbour,)))["a"] is (letter == "e")


def test_a_key_that_the_journal_alone_knows_is_told_and_no_more() -> None:
    [told] = previous_keys(a_cluster(cluster_json(kms=KEY)), ALONE, True, [version("a")])
    assert told.id == version("a") and told.may_retire is None and "journal alone" in told.why


ERA = from_regex(r"\A(\d{8}T\d{6}Z|-) (\d{1,20}|-) (done|owed) (off|[a-z.]{1,9}/[a-z0-9-]{1,9}/[0-9a-z]{1,9})\Z")


@given(dictionaries(sampled_from([*ERA_TAGS, f"{ERA_TAG}77", DIGEST_TAG, "akskv-run", "other"]), text() | ERA))
def test_whatever_stands_in_the_tags_it_tells_nothing_untrue(tags: dict[str, str]) -> None:
    cluster = replace(a_cluster(cluster_json(kms=KEY)), tags=tags)
    ledger = ledger_of(cluster)
    assert ledger.gap and ledger.present is None
    assert all(each.may_retire is not True for each in previous_keys(cluster, ALONE, True))
    assert not ledger_of(replace(cluster, tags=with_change(cluster, version("b"), RUN))).eras[-1].rewritten
