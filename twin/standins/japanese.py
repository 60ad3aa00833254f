"""Japanese for the model stand-in: an action's title as a phrase that fits into a sentence."""

from __future__ import annotations

import re

from twin.standins.phrase import Phrase

_COUNT = "[一二三四五六七八九十0-9\uff10-\uff19]+"
_FREQUENCY = re.compile(
    rf"(?:毎[朝晩日夜回月年]|毎週(?:[月火水木金土日]曜日?に?)?|(?:[週月年]に?{_COUNT}(?:度|回|日)))(?:は|の)?、?"
)
_SCRIPT = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_VERB = re.compile("[うくぐすつぬぶむる]$")
_NOT_NOUN = re.compile("[いただ]$|を")
# る after a kanji: most such verbs are godan, so the ichidan ones are named.
_ICHIDAN = ("見る", "着る", "寝る", "出る", "得る", "似る", "煮る", "経る", "診る", "観る")
# る after an i or e sound: most such verbs are ichidan, so the godan ones are named.
_GODAN = ("はいる", "しゃべる", "すべる", "まいる")
_PAST = {"う": "った", "つ": "った", "く": "いた", "ぐ": "いだ", "す": "した", "ぬ": "んだ", "ぶ": "んだ", "む": "んだ"}
# What is done to what: the noun before its particle. A と before another particle joins two nouns.
_NOUN_PHRASE = re.compile("^(.{1,12}?)(?:[をへ]|に(?!ち))")
_COMPANION = re.compile("^(.{1,12}?)と")
# Verbs that fit anything and so say little about the theme.
_WEAK = frozenset({"作る", "つくる"})
_VERB_WEIGHT, _WEIGHT = 5, 2
_I_OR_E = "いきぎしじちにひびぴみりえけげせぜてでねへべぺめれ"


def is_japanese(text: str) -> bool:
    """Whether the text is written in kana or kanji."""
    return bool(_SCRIPT.search(text))


def past(phrase_: str) -> str:
    """The plain past of a phrase that ends with a verb: `表を作る` gives `表を作った`."""
    if phrase_.endswith("ない"):
        return f"{phrase_[:-1]}かった"
    if phrase_.endswith("する"):
        return f"{phrase_[:-2]}した"
    if phrase_.endswith(("行く", "いく")):
        return f"{phrase_[:-1]}った"
    if phrase_.endswith("来る"):
        return f"{phrase_[:-1]}た"
    if phrase_.endswith("る"):
        before = phrase_[-2:-1]
        ichidan = before in _I_OR_E or phrase_.endswith(_ICHIDAN)
        godan = phrase_.endswith(_GODAN)
        return f"{phrase_[:-1]}{'た' if ichidan and not godan else 'った'}"
    return f"{phrase_[:-1]}{_PAST[phrase_[-1]]}"


def phrase(title: str) -> Phrase:
    """Read a title: `毎週土曜に棚を片づける` is 棚を片づける, 棚を片づけた, 毎週土曜."""
    text = re.sub(r"\s+", "", title).rstrip("。!\uff01")
    found = _FREQUENCY.search(text)
    when = re.sub("[はのに、]+$", "", found[0]) if found else "今週"
    when = "その日" if when == "毎回" else when
    core = (_FREQUENCY.sub("", text, count=1) or text).removesuffix("こと")
    if not (_VERB.search(core) or core.endswith("しない")):
        thing = f"「{core}」" if _NOT_NOUN.search(core) else core
        core = f"{thing}に取り組む"
        return Phrase(do=core, done=past(core), thing=thing, when=when)
    found_noun = _NOUN_PHRASE.search(core) or _COMPANION.search(core)
    thing = found_noun[1] if found_noun else f"{core}こと"
    return Phrase(do=core, done=past(core), thing=thing, when=when)


def score(words: list[str], title: str) -> int:
    """How strongly a title speaks of a theme that these words belong to: the verb at its end says most."""
    said = [word for word in words if word in title]
    return sum(_VERB_WEIGHT if title.endswith(word) and word not in _WEAK else _WEIGHT for word in said)
