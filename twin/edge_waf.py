"""A web ACL as the edge plays it: rules in their order, the first that blocks or allows decides.

It plays rate-based rules, countries and comparisons of path, query, method or a header. Managed rule groups let
everything through: their patterns are AWS's. Of anything else it says, when it is declared, that it cannot play it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from twin.edge_visit import Refusal, Visit
from twin.errors import TwinError

Matches = Callable[[Visit], bool]
_CONTENT_TYPES = {"APPLICATION_JSON": "application/json", "TEXT_HTML": "text/html", "TEXT_PLAIN": "text/plain"}
_TRANSFORMATIONS: dict[str, Callable[[str], str]] = {"NONE": str, "LOWERCASE": str.lower, "URL_DECODE": unquote}
_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "EXACTLY": str.__eq__,
    "STARTS_WITH": str.startswith,
    "ENDS_WITH": str.endswith,
    "CONTAINS": str.__contains__,
}
_FIELDS: dict[str, Callable[[Visit], str]] = {
    "UriPath": lambda visit: visit.path,
    "QueryString": lambda visit: visit.query,
    "Method": lambda visit: visit.method,
}
_DEFAULT_WINDOW = 300


class FirewallError(TwinError):
    """A web ACL declares what the edge cannot play; the message names the rule and where to add it."""


@dataclass
class Rate:
    """How many requests each key made within a window that slides by seconds; blocked ones count as well."""

    limit: int
    window: int
    clock: Callable[[], float]
    _counts: dict[str, deque[tuple[int, int]]] = field(default_factory=dict)

    def exceeded(self, key: str) -> bool:
        """Count one request of `key`, and tell whether that is one too many."""
        now = int(self.clock())
        counts = self._counts.setdefault(key, deque())
        while counts and counts[0][0] <= now - self.window:
            counts.popleft()
        already = counts.pop()[1] if counts and counts[-1][0] == now else 0
        counts.append((now, already + 1))
        return sum(count for _, count in counts) > self.limit


@dataclass(frozen=True, kw_only=True)
class _Rule:
    matches: Matches
    kind: str
    block: Mapping[str, Any]


class Firewall:
    """Plays one web ACL, given as WAF's API describes it (`GetWebACL`)."""

    def __init__(self, acl: Mapping[str, Any], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._bodies: Mapping[str, Any] = acl.get("CustomResponseBodies") or {}
        rules = sorted(acl.get("Rules") or [], key=lambda rule: int(rule.get("Priority", 0)))
        self._rules = [self._rule(str(acl["Name"]), rule) for rule in rules]
        self._default = (acl.get("DefaultAction") or {}).get("Block")

    def refusal(self, visit: Visit) -> Refusal | None:
        """What a request is refused with; None lets it through. Each call counts as one request."""
        for rule in self._rules:
            if rule.matches(visit) and rule.kind != "Count":
                return self._blocked(rule.block) if rule.kind == "Block" else None
        return None if self._default is None else self._blocked(self._default)

    def _blocked(self, block: Mapping[str, Any]) -> Refusal:
        custom = block.get("CustomResponse")
        if not custom:
            return Refusal()
        body = self._bodies.get(custom.get("CustomResponseBodyKey", ""), {})
        return Refusal(
            status=int(custom["ResponseCode"]),
            headers={header["Name"]: header["Value"] for header in custom.get("ResponseHeaders") or []},
            body=body.get("Content", ""),
            content_type=_CONTENT_TYPES[body.get("ContentType", "TEXT_PLAIN")],
            declared=True,
        )

    def _rule(self, acl: str, rule: Mapping[str, Any]) -> _Rule:
        where = f"web ACL '{acl}', rule '{rule['Name']}'"
        # A group of rules has no action of its own, and the one that overrides its rules' is none of theirs.
        kind, block = next(iter((rule.get("Action") or {"Count": {}}).items()))
        if kind not in {"Block", "Allow", "Count"}:
            raise _unplayed(where, f"action {kind}")
        return _Rule(matches=self._statement(where, rule["Statement"]), kind=kind, block=block)

    def _statement(self, where: str, statement: Mapping[str, Any]) -> Matches:
        (name, content), *_ = statement.items()
        if name == "RateBasedStatement":
            return self._rate(where, content)
        if name == "ManagedRuleGroupStatement":
            return lambda visit: False
        if name == "GeoMatchStatement":
            countries = frozenset(content["CountryCodes"])
            return lambda visit: visit.country in countries
        if name == "ByteMatchStatement":
            return _comparison(where, content)
        if name == "NotStatement":
            inner = self._statement(where, content["Statement"])
            return lambda visit: not inner(visit)
        if name in {"AndStatement", "OrStatement"}:
            parts = [self._statement(where, part) for part in content["Statements"]]
            combined = all if name == "AndStatement" else any
            return lambda visit: combined(part(visit) for part in parts)
        raise _unplayed(where, name)

    def _rate(self, where: str, statement: Mapping[str, Any]) -> Matches:
        kind = statement.get("AggregateKeyType", "IP")
        if kind not in {"IP", "CONSTANT"}:
            raise _unplayed(where, f"aggregation by {kind}")
        window = int(statement.get("EvaluationWindowSec", _DEFAULT_WINDOW))
        rate = Rate(int(statement["Limit"]), window, self._clock)
        scope = statement.get("ScopeDownStatement")
        counted = self._statement(where, scope) if scope else lambda visit: True
        return lambda visit: counted(visit) and rate.exceeded(visit.address if kind == "IP" else "")


def _comparison(where: str, statement: Mapping[str, Any]) -> Matches:
    read, wanted = _field(where, statement["FieldToMatch"]), str(statement["SearchString"])
    compare = _COMPARISONS.get(statement["PositionalConstraint"])
    if compare is None:
        raise _unplayed(where, f"the constraint {statement['PositionalConstraint']}")
    ordered = sorted(statement.get("TextTransformations") or [], key=lambda each: int(each["Priority"]))
    unknown = [each["Type"] for each in ordered if each["Type"] not in _TRANSFORMATIONS]
    if unknown:
        raise _unplayed(where, f"the transformation {unknown[0]}")
    transformations = [_TRANSFORMATIONS[each["Type"]] for each in ordered]

    def matches(visit: Visit) -> bool:
        text = read(visit)
        for transform in transformations:
            text = transform(text)
        return compare(text, wanted)

    return matches


def _field(where: str, declared: Mapping[str, Any]) -> Callable[[Visit], str]:
    (name, content), *_ = declared.items()
    if name == "SingleHeader":
        header = str(content["Name"])
        return lambda visit: visit.headers.get(header, "")
    if name not in _FIELDS:
        raise _unplayed(where, f"a look at {name}")
    return _FIELDS[name]


def _unplayed(where: str, what: str) -> FirewallError:
    return FirewallError(f"{where}: the twin's edge does not play {what}: add it to twin/edge_waf.py.")
