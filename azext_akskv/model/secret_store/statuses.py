"""What the reason of a condition means, whoever's name for it is used.

The names changed three times: P, the document of the preview [SEED]; D, the documents of 1.x [D]; O4, the open
controller up to 0.0.4 [SRC]; O, the controller since then [SRC]; and A, two that only ARM's description of the objects
has [SPEC]. All of them are taken at all times, in any letter case: which one a version speaks is nowhere promised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from azext_akskv.model.finding import State


class Meaning(str, Enum):
    CREATED = "created"
    UP_TO_DATE = "up-to-date"
    UPDATED = "updated"
    PARTIAL = "partial"
    PROVIDER = "provider-error"
    LABEL = "label-conflict"
    ANNOTATION = "annotation-conflict"
    INPUT = "bad-input"
    CLASS = "class-error"
    INTERNAL = "internal-error"
    POLICY = "policy-blocked"
    PATCH = "patch-failed"
    PENDING = "pending"
    UNKNOWN = "unknown"

    @property
    def good(self) -> bool:
        """The Secret has what the vault has."""
        return self in (Meaning.CREATED, Meaning.UP_TO_DATE, Meaning.UPDATED)


class Names(str, Enum):
    """Whose name a reason is; a name that several have is that of the first."""

    PREVIEW = "P"
    DOCUMENTS = "D"
    OPEN_OLD = "O4"
    OPEN = "O"
    ARM = "A"


@dataclass(frozen=True)
class Explained:
    """`create` and `update`: how the document of the preview calls it [SEED], or where it has none the later one [D];
    empty where neither has it. `words`: what it is."""

    state: State
    words: str
    create: str = ""
    update: str = ""

    def term(self, creating: bool | None) -> str:
        """`creating` of None: not known which; then both are named."""
        if not self.update or creating is True:
            return self.create
        return self.update if creating is False else f"{self.create} or {self.update}"


@dataclass(frozen=True)
class Told:
    """A reason understood. `text`: the document's own term first, the reason as it was told where that is another, then
    what it means."""

    meaning: Meaning
    reason: str
    names: Names | None
    state: State
    text: str


_P, _D, _O4, _O, _A = Names.PREVIEW, Names.DOCUMENTS, Names.OPEN_OLD, Names.OPEN, Names.ARM
REASONS: tuple[tuple[str, Meaning, Names], ...] = (
    ("CreateSucceeded", Meaning.CREATED, _P),
    ("CreateSuccessful", Meaning.CREATED, _O),
    ("UpdateNoValueChangeSucceeded", Meaning.UP_TO_DATE, _P),
    ("SecretUpToDate", Meaning.UP_TO_DATE, _O),
    ("NoValueChange", Meaning.UP_TO_DATE, _A),
    ("UpdateValueChangeOrForceUpdateSucceeded", Meaning.UPDATED, _P),
    ("ValueChangeOrForceUpdateDetected", Meaning.UPDATED, _A),
    ("PartialSync", Meaning.PARTIAL, _D),
    ("CreateFailedProviderError", Meaning.PROVIDER, _P),
    ("UpdateFailedProviderError", Meaning.PROVIDER, _P),
    ("ProviderError", Meaning.PROVIDER, _D),
    ("RemoteSecretStoreFetchFailed", Meaning.PROVIDER, _O),
    ("CreateFailedInvalidLabel", Meaning.LABEL, _P),
    ("UpdateFailedInvalidLabel", Meaning.LABEL, _P),
    ("InvalidClusterSecretLabelError", Meaning.LABEL, _D),
    ("CreateFailedInvalidAnnotation", Meaning.ANNOTATION, _P),
    ("UpdateFailedInvalidAnnotation", Meaning.ANNOTATION, _P),
    ("InvalidClusterSecretAnnotationError", Meaning.ANNOTATION, _D),
    ("UserInputValidationFailed", Meaning.INPUT, _P),
    ("ControllerSpcError", Meaning.CLASS, _P),  # the open controller wrote ControllerSPCError
    ("SecretProviderClassMisconfigured", Meaning.CLASS, _O),
    ("ControllerInternalError", Meaning.INTERNAL, _P),
    ("ControllerSyncFailed", Meaning.INTERNAL, _D),
    ("ControllerSyncError", Meaning.INTERNAL, _O),
    ("ValidatingAdmissionPolicyCheckFailed", Meaning.POLICY, _D),
    ("SecretPatchFailedUnknownError", Meaning.PATCH, _P),
    ("UnknownError", Meaning.PATCH, _D),
    ("ControllerPatchError", Meaning.PATCH, _O),
    ("Unknown", Meaning.PENDING, _O4),
    ("SyncStarting", Meaning.PENDING, _O),
    ("NoUpdatesAttemptedYet", Meaning.PENDING, _O),
)
_KNOWN: Mapping[str, tuple[str, Meaning, Names]] = {each[0].lower(): each for each in REASONS}

EXPLAINED: Mapping[Meaning, Explained] = {
    Meaning.CREATED: Explained(State.OK, "the Secret was made", "CreateSucceeded"),
    Meaning.UP_TO_DATE: Explained(
        State.OK, "the vault was asked and has nothing newer", "UpdateNoValueChangeSucceeded"
    ),
    Meaning.UPDATED: Explained(
        State.OK, "the Secret has got what the vault has", "UpdateValueChangeOrForceUpdateSucceeded"
    ),
    Meaning.PARTIAL: Explained(
        State.WARNING, "some entries of the Secret could not be fetched and keep what they had", "PartialSync"
    ),
    Meaning.PROVIDER: Explained(
        State.ERROR,
        "the provider could not fetch from the vault: the network, the identity or its grants, or the "
        "SecretProviderClass",
        "CreateFailedProviderError",
        "UpdateFailedProviderError",
    ),
    Meaning.LABEL: Explained(
        State.ERROR,
        "there is a Secret of this name without the label by which the extension knows its own",
        "CreateFailedInvalidLabel",
        "UpdateFailedInvalidLabel",
    ),
    Meaning.ANNOTATION: Explained(
        State.ERROR,
        "there is a Secret of this name whose annotations are not those by which the extension knows its own",
        "CreateFailedInvalidAnnotation",
        "UpdateFailedInvalidAnnotation",
    ),
    Meaning.INPUT: Explained(
        State.ERROR, "the SecretSync is wrong: the Secret's type or its entries", "UserInputValidationFailed"
    ),
    Meaning.CLASS: Explained(
        State.ERROR,
        "the SecretProviderClass is not there, is in another namespace, or is wrong",
        "ControllerSpcError",
    ),
    Meaning.INTERNAL: Explained(State.ERROR, "the controller failed by itself", "ControllerInternalError"),
    Meaning.POLICY: Explained(
        State.ERROR,
        "an admission policy of the cluster refused it: the Secret's type was changed, its label or its one owner is "
        "not there, or the token is for somebody else",
        "ValidatingAdmissionPolicyCheckFailed",
    ),
    Meaning.PATCH: Explained(
        State.ERROR,
        "writing the Secret failed: somebody else writes to it, or the extension was being upgraded",
        "SecretPatchFailedUnknownError",
    ),
    Meaning.PENDING: Explained(State.UNKNOWN, "the controller has not tried yet"),
}


def meaning_of(reason: str) -> Meaning:
    """UNKNOWN for a reason that no document has."""
    known = _KNOWN.get(reason.strip().lower())
    return known[1] if known else Meaning.UNKNOWN


_VAGUE = (Meaning.PATCH, Meaning.POLICY, Meaning.INTERNAL)
_POLICIES = (
    ("does not have the correct label", Meaning.LABEL),
    ("allowed types list with a single secretsync owner", Meaning.POLICY),
    ("validatingadmissionpolicy", Meaning.POLICY),
)
"""Of the texts of the extension's admission policies [SRC], in small letters: the reasons beside them say less."""


def told_of(reason: str, creating: bool | None = None, message: str = "") -> Told:
    """`creating`: whether the condition is of making the Secret, or of renewing it; None: not known. `message`: the
    condition's, by which a vague reason is told more exactly; nothing of it is kept.

    What is unknown is told as unknown, with its text.
    """
    known = _KNOWN.get(reason.strip().lower())
    if known is None:
        told = f"{_as_told(reason)}: no document tells what this means" if reason.strip() else "no reason is told"
        return Told(Meaning.UNKNOWN, reason, None, State.UNKNOWN, told)
    name, meaning, names = known
    if meaning in _VAGUE:
        found = message.lower()
        meaning = next((exact for words, exact in _POLICIES if words in found), meaning)
    explained = EXPLAINED[meaning]
    own = name in (explained.create, explained.update) or not explained.create
    term, aside = (name, "") if own else (explained.term(creating), f" (here {name})")
    return Told(meaning, reason, names, explained.state, f"{term}{aside}: {explained.words}")


def _as_told(reason: str) -> str:
    """As a line can hold it."""
    flat = " ".join("".join(each if each.isprintable() else " " for each in reason).split())
    return flat if len(flat) <= 120 else f"{flat[:120]}..."
