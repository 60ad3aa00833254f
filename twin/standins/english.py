"""English for the model stand-in: an action's title as a phrase that fits into a sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path

from twin.standins.phrase import Phrase

_FREQUENCY = re.compile(
    r"[ ,]+(?P<when>daily|weekly|monthly|nightly"
    r"|(?:once|twice|\w+ times) (?:a|per|each|every) (?:day|week|month|quarter|year)"
    r"|(?:every|each) (?:\w+ )?(?:day|night|morning|noon|afternoon|evening|week|weekend|month|quarter|year|\w+days?)"
    r"|on (?:mon|tues|wednes|thurs|fri|satur|sun|week)days)$",
    re.IGNORECASE,
)
_WORDS: dict[str, str] = json.loads(
    (Path(__file__).parent / "texts" / "english_words.json").read_text(encoding="utf-8")
)
_VERBS = frozenset(_WORDS["verbs"].split())
# The last consonant is doubled before -ing.
_DOUBLED = frozenset(_WORDS["doubled"].split())
# Verbs that say little about the subject: a noun in the title counts for more.
_WEAK = frozenset(_WORDS["weak"].split())
# Words after a verb that begin something else than its object, and verbs that are taken to have none.
_NO_OBJECT = frozenset(_WORDS["noObject"].split())
_WITHOUT_OBJECT = frozenset(_WORDS["withoutObject"].split())
_OBJECT_ENDS = re.compile(r" (?:after|as|at|before|half|in|into|on|to|until|while)\b")
_STRONG, _NOUN, _FAINT = 3, 2, 1


def is_verb(word: str) -> bool:
    """Whether a title that begins with this word can be read as something to do."""
    return word.lower() in _VERBS


def gerund(verb: str) -> str:
    """The -ing form: `write` gives `writing`."""
    if verb in _DOUBLED:
        return f"{verb}{verb[-1]}ing"
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and verb != "be":
        return f"{verb[:-1]}ing"
    return f"{verb}ing"


def phrase(title: str) -> Phrase:
    """Read a title: `Lift weights on Mondays` is to lift weights, lifting weights, on Mondays."""
    text = " ".join(title.split()).rstrip(".!")
    found = _FREQUENCY.search(text)
    when = found["when"] if found else ""
    core = text[: found.start()] if found else text
    words = core.split()
    if words and len(words) > 1 and is_verb(words[0]):
        do = [words[0].lower(), *words[1:]]
        doing = [gerund(do[0]), *words[1:]]
        rest = words[1:]
        if len(words) > 3 and words[1] == "and" and is_verb(words[2]):
            doing[2] = gerund(words[2])
            rest = words[3:]
        thing = "" if do[0] in _WITHOUT_OBJECT else object_of(rest)
        return Phrase(do=" ".join(do), done=" ".join(doing), thing=thing, when=when or "this week")
    return Phrase(do=f"work on “{text}”", done=f"working on “{text}”", thing=f"“{text}”", when="this week")


def object_of(words: list[str]) -> str:
    """What a verb acts on, from the words after it: `the route on my watch` is about `the route`; else nothing."""
    if not words or words[0].lower() in _NO_OBJECT or words[0][0].isdigit():
        return ""
    return _OBJECT_ENDS.split(" ".join(words))[0]


def capitalised(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def score(words: list[str], title: str) -> int:
    """How strongly a title speaks of a theme that these words belong to."""
    known = set(words)
    said = re.findall(r"[a-z0-9]+", title.lower())
    total = 0
    for place, word in enumerate(said):
        if word in known:
            verb = _FAINT if word in _WEAK else _STRONG
            total += verb if place == 0 else _NOUN
    return total
