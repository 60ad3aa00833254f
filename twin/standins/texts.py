"""What the model stand-in writes: tasks for an action, proposals for a chart, summaries, in English and Japanese.

The texts come from `texts/<language>.json`: task patterns by theme. An action's words choose the theme, and a digest
of the whole question chooses the patterns, so that the same question always has the same answer.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from twin.standins import english, japanese

_FOLDER = Path(__file__).parent / "texts"
_LANGUAGES = {"en": "english", "ja": "japanese"}
_SHORTEST, _LONGEST = 30, 60
_REGULAR = re.compile(r"\b(?:every|each|daily|weekly|monthly)\b|毎[朝晩日夜回週月]|続ける", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a prompt asks about, as far as it says so."""

    goal: str = ""
    sub_goal: str = ""
    action: str = ""
    description: str = ""
    kind: str = ""
    language: str = ""

    @property
    def code(self) -> str:
        """The answer's language, `ja` or `en`: as asked, else that of the words."""
        asked = self.language.strip().lower()
        if asked:
            return "ja" if asked.startswith(("ja", "日本")) else "en"
        return "ja" if japanese.is_japanese(self.action or self.sub_goal or self.goal) else "en"

    @property
    def is_habit(self) -> bool:
        """Whether the action is repeated rather than done once."""
        return self.kind == "habit" if self.kind else bool(_REGULAR.search(self.action))

    def digest(self, salt: object = "") -> int:
        """A number that depends on every word of the question, the same in every process."""
        words = (self.goal, self.sub_goal, self.action, self.description, self.kind, self.code, str(salt))
        return int.from_bytes(hashlib.sha256("\x1f".join(words).encode()).digest()[:8])


def tasks(question: Question, *, fewest: int = 3, most: int = 7) -> list[dict[str, Any]]:
    """Between `fewest` and `most` tasks that an action is done with, in the order in which they are done."""
    language = _language(question.code)
    grammar = japanese if question.code == "ja" else english
    themes: dict[str, Any] = language["themes"]
    theme = max(themes, key=lambda name: grammar.score(themes[name]["words"], question.action))
    own = "habit" if question.is_habit else "once"
    patterns = [tuple(pattern) for pattern in themes[theme]["tasks"] if pattern[0] in ("any", own)]
    if len(patterns) < fewest:
        patterns += [tuple(pattern) for pattern in themes["general"]["tasks"] if pattern[0] in ("any", own)]
    wanted = fewest + question.digest("count") % (most - fewest + 1)
    chosen = _choose(question, patterns, own, wanted)
    return [_task(question, patterns[place]) for place in chosen]


def proposals(question: Question, *, count: int = 8) -> list[dict[str, str]]:
    """Sub-goals for a goal, or actions for a sub-goal: one from each side that a chart usually has."""
    language = _language(question.code)
    sides: list[str] = language["positions"]
    about = question.sub_goal or question.goal
    joint = "\uff1a" if question.code == "ja" else ": "
    result = []
    for place in range(count):
        side = sides[place % len(sides)]
        title = f"{about}{joint}{side}" if question.sub_goal else side
        kind = "habit" if question.digest(place) % 3 == 0 else "execution"
        result.append({"title": title, "description": language["proposal"].format(goal=about), "kind": kind})
    return result


def summary(fields: dict[str, str]) -> dict[str, str]:
    """A Japanese heading and summary of a release, issue or pull request on GitHub."""
    kinds = {"release": "新しいリリース", "issue": "課題の報告", "pull_request": "変更の提案"}
    kind = kinds.get(fields.get("activity_kind", ""), "更新")
    title = fields.get("activity_title", "").strip() or "無題"
    source = fields.get("repository", "").strip()
    lines = [line.strip(" -*#\t") for line in fields.get("activity_body", "").splitlines()]
    points = [line for line in lines if line]
    where = f"{source}に" if source else ""
    text = f"{where}{kind}「{title}」が公開されました。"
    if points:
        text += f"本文には{len(points)}項目の説明があり、はじめに「{points[0][:80]}」と書かれています。"
    return {"titleJa": f"{kind}\uff1a{title}", "summaryJa": text}


@cache
def _language(code: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_FOLDER / f"{_LANGUAGES[code]}.json").read_text(encoding="utf-8"))
    return loaded


def _choose(question: Question, patterns: list[tuple[Any, ...]], own: str, wanted: int) -> list[int]:
    """Places of the chosen patterns: half of them doing the action itself, the rest preparing and reviewing it."""
    ranked = sorted(range(len(patterns)), key=lambda place: question.digest(place))
    doing = [place for place in ranked if patterns[place][0] == own][: (wanted + 1) // 2]
    rest = [place for place in ranked if place not in doing][: wanted - len(doing)]
    return sorted(doing + rest)


def _task(question: Question, pattern: tuple[Any, ...]) -> dict[str, Any]:
    scope, minutes, title, description = pattern
    with_object, _, without = title.partition("|")
    if question.code == "ja":
        read = japanese.phrase(question.action)
        words = {"do": read.do, "did": read.done, "noun": read.thing, "when": read.when}
    else:
        read = english.phrase(question.action)
        words = {"do": read.do, "Do": english.capitalised(read.do), "doing": read.done, "thing": read.thing}
        words["when"] = read.when
    minutes += (question.digest(title) % 3 - 1) * 5
    return {
        "title": (with_object if read.thing or not without else without).format(**words),
        "description": description.format(**words),
        "estimatedMinutes": min(_LONGEST, max(_SHORTEST, minutes)),
        "kind": "habit" if scope == "habit" else "execution",
    }
