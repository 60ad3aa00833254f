from __future__ import annotations

import json
import re
import string
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from twin.standins import english, japanese, texts

TEXTS = Path(texts.__file__).parent / "texts"


def questions(chart: Any) -> list[texts.Question]:
    return [
        texts.Question(
            goal=chart["goal"]["title"],
            sub_goal=sub_goal["title"],
            action=action["title"],
            description=action["description"],
            kind=action["kind"],
        )
        for sub_goal in chart["subGoals"]
        for action in sub_goal["actions"]
    ]


def test_no_two_tasks_of_a_chart_have_the_same_title(chart: Any) -> None:
    titles = Counter(task["title"] for question in questions(chart) for task in texts.tasks(question))
    assert [title for title, count in titles.items() if count > 1] == []


def test_every_action_gets_three_to_seven_tasks_of_half_an_hour_to_an_hour(chart: Any) -> None:
    counts = set()
    for question in questions(chart):
        tasks = texts.tasks(question)
        counts.add(len(tasks))
        for task in tasks:
            assert set(task) == {"title", "description", "estimatedMinutes", "kind"}
            assert task["estimatedMinutes"] in range(30, 61, 5)
            assert task["kind"] in {"execution", "habit"}
            assert not re.search(r"[{}|]", task["title"] + task["description"])
            assert len(task["title"]) <= 60
    assert counts == {3, 4, 5, 6, 7}


def test_only_a_habit_has_tasks_that_repeat(chart: Any) -> None:
    for question in questions(chart):
        kinds = {task["kind"] for task in texts.tasks(question)}
        assert ("habit" in kinds) == (question.kind == "habit"), question.action


def test_tasks_are_written_in_the_language_of_the_chart(chart: Any) -> None:
    for question in questions(chart):
        for task in texts.tasks(question):
            for words in (task["title"], task["description"]):
                assert japanese.is_japanese(words) == (chart["locale"] == "ja"), words


def test_the_asked_language_wins_over_the_words() -> None:
    asked = texts.Question(action="Learn 漢字", language="en")
    assert not any(japanese.is_japanese(task["description"]) for task in texts.tasks(asked))


def test_another_word_in_the_question_may_give_other_tasks() -> None:
    answers = {json.dumps(texts.tasks(texts.Question(goal=f"Goal {n}", action="Lift weights"))) for n in range(10)}
    assert len(answers) > 5


def test_the_same_question_has_the_same_answer_in_every_process() -> None:
    code = "from twin.standins import texts; print(texts.tasks(texts.Question(action='週に三回走る')))"
    answers = {
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=TEXTS.parents[2]).stdout
        for _ in range(2)
    }
    assert len(answers) == 1
    assert answers.pop().decode().strip() == str(texts.tasks(texts.Question(action="週に三回走る")))


@pytest.mark.parametrize("name", ["english", "japanese"])
def test_patterns_use_known_words_and_every_theme_can_fill_a_small_answer(name: str) -> None:
    known = {"do", "Do", "doing", "thing", "when"} if name == "english" else {"do", "did", "noun", "when"}
    themes = json.loads((TEXTS / f"{name}.json").read_text(encoding="utf-8"))["themes"]
    assert list(themes)[-1] == "general"
    for theme, content in themes.items():
        scopes = Counter(scope for scope, *_ in content["tasks"])
        assert set(scopes) == {"any", "habit", "once"}, theme
        assert min(scopes["any"] + scopes["habit"], scopes["any"] + scopes["once"]) >= 4, theme
        for _, minutes, title, description in content["tasks"]:
            used = {field for _, field, _, _ in string.Formatter().parse(title + description) if field}
            assert used <= known, title
            assert used - {"when"}, f"{title}: without the action's words it would repeat itself"
            assert 30 <= minutes <= 60


@pytest.mark.parametrize(
    ("title", "do", "done", "thing", "when"),
    [
        ("Lift weights on Mondays", "lift weights", "lifting weights", "weights", "on Mondays"),
        ("Run easy four times a week", "run easy", "running easy", "", "four times a week"),
        (
            "Film and study my stride",
            "film and study my stride",
            "filming and studying my stride",
            "my stride",
            "this week",
        ),
        ("Ask Jonas to be my crew", "ask Jonas to be my crew", "asking Jonas to be my crew", "Jonas", "this week"),
        ("Save 100 euros a month", "save 100 euros a month", "saving 100 euros a month", "", "this week"),
        ("Weekly budget", "work on “Weekly budget”", "working on “Weekly budget”", "“Weekly budget”", "this week"),
    ],
)
def test_an_english_title_becomes_a_phrase(title: str, do: str, done: str, thing: str, when: str) -> None:
    read = english.phrase(title)
    assert (read.do, read.done, read.thing, read.when) == (do, done, thing, when)


@pytest.mark.parametrize(
    ("title", "do", "done", "thing", "when"),
    [
        ("毎週土曜に棚を片づける", "棚を片づける", "棚を片づけた", "棚", "毎週土曜"),
        ("食材の温度を毎回測る", "食材の温度を測る", "食材の温度を測った", "食材の温度", "その日"),
        ("元同僚三人に声をかける", "元同僚三人に声をかける", "元同僚三人に声をかけた", "元同僚三人", "今週"),
        ("小学校の先生と話す", "小学校の先生と話す", "小学校の先生と話した", "小学校の先生", "今週"),
        ("週に一日は何もしない", "何もしない", "何もしなかった", "何もしないこと", "週に一日"),
        ("毎日の素振り", "素振りに取り組む", "素振りに取り組んだ", "素振り", "毎日"),
        ("朝六時に起きる", "朝六時に起きる", "朝六時に起きた", "朝六時", "今週"),
        (
            "英語を話したい",
            "「英語を話したい」に取り組む",
            "「英語を話したい」に取り組んだ",
            "「英語を話したい」",
            "今週",
        ),
    ],
)
def test_a_japanese_title_becomes_a_phrase(title: str, do: str, done: str, thing: str, when: str) -> None:
    read = japanese.phrase(title)
    assert (read.do, read.done, read.thing, read.when) == (do, done, thing, when)
