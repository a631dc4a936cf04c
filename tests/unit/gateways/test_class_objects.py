"""What people write into `parameters.objects`, read as the provider reads it, and told where it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from azext_akskv.gateways.class_objects import read_objects
from azext_akskv.model.mounts.secret_class import FIELDS, ObjectList, VaultObject, objects_text
from tests.mount_builders import OBJECTS

TEXTS = st.characters(max_codepoint=0xFFFF, exclude_categories=("Cs",))


def only(text: str) -> VaultObject:
    found = read_objects(text)
    assert found.lints == () and len(found.objects) == 1
    return found.objects[0]


def test_entries_are_texts_of_yaml_in_yaml() -> None:
    found = read_objects(OBJECTS)
    assert found.lints == ()
    assert found.objects == (
        VaultObject(0, "db-pass", "secret"),
        VaultObject(1, "web-tls", "cert", alias="tls.pem"),
    )
    assert [each.file for each in found.objects] == ["db-pass", "tls.pem"]


def test_every_field_is_taken_as_it_is_written() -> None:
    entry = 'array:\n  - "objectName: 0123\\nobjectType: secret\\nobjectVersion: 2026-11-22\\nobjectFormat: pfx\\n'
    entry += 'objectEncoding: base64\\nfilePermission: 0640\\nobjectVersionHistory: 3\\nobjectAlias: true"\n'
    assert only(entry) == VaultObject(0, "0123", "secret", "true", "2026-11-22", 3, "pfx", "base64", "0640")
    assert only(entry).files == ("true/0", "true/1", "true/2")


def test_what_is_left_out_or_null_is_empty() -> None:
    found = only(
        "array:\n  - |\n    objectName: a\n    objectVersion:\n    objectAlias: null\n    objectVersionHistory: ~\n"
    )
    assert found == VaultObject(0, "a") and found.files == ("a",)


def test_an_empty_text_has_no_objects_and_no_fault_of_its_own() -> None:
    assert read_objects("") == read_objects("  \n")
    assert read_objects("").objects == read_objects("").lints == ()
    assert read_objects("array: []").lints == ()


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("array:\n\t- |\n\t  objectName: a\n", "objects", "line 2: found character '\\t' that cannot start any token"),
        (
            "array:\n  - objectName: a\n    objectType: key: x\n",
            "objects",
            "line 3: mapping values are not allowed here",
        ),
        ("- objectName: a\n", "objects", "expected `array:`"),
        ("just words", "objects", "expected `array:`"),
        ("objects: []", "objects", "'objects' beside `array`"),
        ("array: db-pass", "objects", "with a list"),
        ("array:\n  - objectName: a\n    objectType: secret\n", "objects.array[0]", "the `|` behind the dash"),
        ("array:\n  - |\n    objectName: a: b\n", "objects.array[0]", "line 1: mapping values"),
        (
            "array:\n  - |\n    objectName: a\n    objectName: b\n",
            "objects.array[0]",
            "line 2: mapping key 'objectName'",
        ),
        (
            "array:\n  - |\n    - objectName: a\n",
            "objects.array[0]",
            "expected fields such as objectName, found a list",
        ),
        ("array:\n  - db-pass\n", "objects.array[0]", "found 'db-pass'"),
        ("array:\n  - ''\n", "objects.array[0]", "found nothing"),
        (
            "array:\n  - |\n    objectname: a\n",
            "objects.array[0]",
            "'objectname' is passed over; it is written objectName",
        ),
        ("array:\n  - |\n    objectKind: a\n", "objects.array[0]", "'objectKind' is not known"),
        ("array:\n  - |\n    objectName: [a]\n", "objects.array[0]", "objectName is a list; expected a text"),
        ("array:\n  - |\n    objectVersionHistory: many\n", "objects.array[0]", "objectVersionHistory is 'many'"),
        ("array: &a\n  - *a\n", "objects", "recursive"),
        ("array: !!python/object/apply:os.system [x]", "objects.array[0]", "found 'x'"),
        ("array: [\x01]", "objects", "no YAML"),
        ("[" * 3000, "objects", "nested too deeply"),
        ("x" * 100_001, "objects", "100,001 characters"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, place: str, words: str) -> None:
    lints = read_objects(text).lints
    assert lints and any(each.place == place and words in each.message for each in lints), lints


def test_one_bad_entry_does_not_hide_the_others() -> None:
    found = read_objects("array:\n  - |\n    objectName: a: b\n  - |\n    objectName: good\n")
    assert found.objects == (VaultObject(1, "good"),) and len(found.lints) == 1
    assert str(found.lints[0]).startswith("objects.array[0]: line 1: ")


YAMLISH = st.text(alphabet="array:objectName \n\t-|[]{}'\"&*!%#0~", max_size=80)


@given(st.text(max_size=60) | YAMLISH | YAMLISH.map(lambda entry: f"array:\n  - |\n    {entry}"))
def test_no_text_raises(text: str) -> None:
    for each in read_objects(text).lints:
        assert str(each)


@given(
    st.lists(
        st.builds(
            VaultObject,
            place=st.just(0),
            history=st.integers(0, 9),
            **{name: st.text(TEXTS, min_size=name == "name", max_size=9) for name in FIELDS.values()},
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_written_is_read_again(objects: list[VaultObject]) -> None:
    texts = [replace(each, place=place) for place, each in enumerate(objects)]
    assume(not any(value in ("null", "~") for each in texts for value in vars(each).values()))  # read as nothing
    assert read_objects(objects_text(texts)) == ObjectList(tuple(texts))
