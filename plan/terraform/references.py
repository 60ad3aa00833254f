"""Which recorded value is which Terraform reference.

The program is recorded with made-up but well-formed values, because it parses some of them (a region out of an ARN)
and hashes others; references in their place would break that. Afterwards every text that holds such a value is read
back. A made-up value carries digits of its resource's hash, so it is found wherever it stands. Other values (a name
that the settings fix, an ARN made of it) become references where the recording says that the property depends on
their resource; the same text elsewhere is a coincidence.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from plan.facts import Facts
from plan.graph import Resource
from plan.recorded_account import ACCOUNT_ID
from plan.terraform.names import literal

ACCOUNT_VARIABLE = "account_id"
HASH_DIGITS = 6  # the shortest piece of a resource's hash that a made-up value carries
# What may stand inside a longer text; any other input is referred to only where it is the whole text.
NAMING = re.compile(r"[._](name|bucket|identifier|domain|arn|url|id|endpoint)$")


Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Value:
    """A value of a resource and the expression that yields it in Terraform, without `${}`.

    It is `made_up` when it carries digits of its resource's hash, and `computed` when the resource gives it; otherwise
    the resource only echoes an input, which may be another's value.
    """

    text: str
    expression: str
    owner: str
    made_up: bool
    computed: bool

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """The higher of two equal texts is the one to refer to."""
        return self.made_up, self.computed, self.expression

    @property
    def embeds(self) -> bool:
        """Whether the value is looked for inside longer texts."""
        return self.made_up or bool(NAMING.search(self.expression))

    @property
    def pattern(self) -> str:
        """What finds it in a text; a fixed name may also be the beginning of other names."""
        text = re.escape(self.text)
        return text if self.made_up else rf"(?<![\w-]){text}(?![\w-])"


def is_made_up(text: str, resource: Resource) -> bool:
    """Whether the value carries digits of its resource's hash: no other resource can have it."""
    digits = Facts(resource.registration, "", ACCOUNT_ID).hex
    lower = text.lower()
    return any(digits[start : start + HASH_DIGITS] in lower for start in range(len(digits) - HASH_DIGITS + 1))


@dataclass(kw_only=True)
class References:
    """The values of all resources; `variables` maps the stand-in of a secret setting to its Terraform variable."""

    variables: dict[str, str] = field(default_factory=dict)
    by_owner: dict[str, list[Value]] = field(default_factory=dict)

    def add(self, resource: Resource, echoed: Pairs, computed: Pairs) -> None:
        """Take (text, expression) pairs of a resource; the first expression of a text is the one that is used."""
        given = {text for text, _ in computed}
        known: dict[str, str] = {}
        for text, expression in [*echoed, *computed]:
            known.setdefault(text, expression)
        self.by_owner[resource.urn] = [
            Value(
                text=text,
                expression=expression,
                owner=resource.urn,
                made_up=is_made_up(text, resource),
                computed=text in given,
            )
            for text, expression in known.items()
        ]

    @functools.cached_property
    def made_up(self) -> dict[str, Value]:
        """Every made-up value by its text."""
        return {value.text: value for values in self.by_owner.values() for value in values if value.made_up}

    @functools.cached_property
    def finder(self) -> re.Pattern[str]:
        """Finds any made-up value, the longest first."""
        return re.compile("|".join(re.escape(text) for text in sorted(self.made_up, key=len, reverse=True)) or "(?!)")

    def reader(self, *, itself: str, owners: Iterable[str]) -> Reader:
        """A reader for a property of `itself` that depends on `owners`."""
        return Reader(self, [v for owner in set(owners) - {itself} for v in self.by_owner.get(owner, [])], itself)

    def anyone(self) -> Reader:
        """A reader for a text without recorded dependencies: it may hold what one resource, and no other, computes."""
        computed = [value for values in self.by_owner.values() for value in values if value.computed]
        owners = Counter(value.text for value in computed)
        return Reader(self, [value for value in computed if value.made_up or owners[value.text] == 1])


class Reader:
    """Turns recorded texts into Terraform templates; `used` are the resources (URNs) that they refer to."""

    def __init__(self, references: References, local: Iterable[Value], itself: str = "") -> None:
        self.references = references
        self.itself = itself
        self.local = {value.text: value for value in sorted(local, key=lambda value: value.rank)}
        self.used: set[str] = set()

    def template(self, text: str) -> str:
        """The text with references in place of recorded values; everything else means itself."""
        if text in self.local and text not in self.references.made_up:
            return self._reference(self.local[text])
        candidates = {text_: value for text_, value in self.local.items() if value.embeds and text_ in text}
        found = {self.references.made_up[match] for match in self.references.finder.findall(text)}
        candidates |= {value.text: value for value in found if value.owner != self.itself}
        ordered = sorted(candidates.values(), key=lambda value: len(value.text), reverse=True)
        patterns = [*(value.pattern for value in ordered), *map(re.escape, self.references.variables)]
        pieces, position = [], 0
        for match in re.finditer("|".join([*patterns, rf"(?<!\d){ACCOUNT_ID}(?!\d)"]), text):
            pieces += [literal(text[position : match.start()]), self._matched(match.group(), candidates)]
            position = match.end()
        return "".join([*pieces, literal(text[position:])])

    def _matched(self, text: str, candidates: dict[str, Value]) -> str:
        if text in candidates:
            return self._reference(candidates[text])
        return f"${{var.{self.references.variables.get(text, ACCOUNT_VARIABLE)}}}"

    def _reference(self, value: Value) -> str:
        self.used.add(value.owner)
        return f"${{{value.expression}}}"
