"""JSON as no service should send it: good answers with anything at any place, and JSON out of nothing."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
ANY_JSON = st.recursive(
    SCALARS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3),
    max_leaves=8,
)


def places(json: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every member of a document, and to the document itself."""
    inside = json.items() if isinstance(json, dict) else enumerate(json) if isinstance(json, list) else ()
    return [path, *(place for name, value in inside for place in places(value, (*path, name)))]


def replaced(json: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    document = copy.deepcopy(json)
    home = document
    for name in place[:-1]:
        home = home[name]
    home[place[-1]] = value
    return document


def spoiled(good: Any) -> st.SearchStrategy[Any]:
    """The document with something else at one place of it; sometimes something else altogether."""
    return st.builds(replaced, st.just(good), st.sampled_from(places(good)), ANY_JSON) | ANY_JSON
