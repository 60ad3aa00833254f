"""What the model stand-in answers: reads the question out of the prompt and fills the tool that is forced."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twin.standins import schema, texts

_TAGGED = re.compile(r"<(?P<tag>[a-z_]{1,40})>(?P<words>(?:(?!<(?P=tag)>).)*?)</(?P=tag)>", re.DOTALL)
_FEWEST, _MOST = 3, 7
_PROPOSALS = 8
_WORDS_WITHOUT_TAGS = 60


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool that a request offers, by whichever API: its name and the JSON Schema of its input."""

    name: str
    input_schema: schema.Schema


def fields(prompt: str) -> dict[str, str]:
    """The delimited data of a prompt: what stands between `<name>` and `</name>`, unescaped; the last one counts."""
    return {found["tag"]: html.unescape(found["words"]).strip() for found in _TAGGED.finditer(prompt)}


def question(prompt: str) -> texts.Question:
    """What the prompt asks about. Without tags, its beginning is taken for the action."""
    said = fields(prompt)
    named = any(said.get(name) for name in ("goal_title", "sub_goal_title", "action_title"))
    plain = " ".join(re.sub(r"<[^>]*>", " ", prompt).split())
    return texts.Question(
        goal=said.get("goal_title", ""),
        sub_goal=said.get("sub_goal_title", ""),
        action=said.get("action_title", "" if named else plain[:_WORDS_WITHOUT_TAGS]),
        description=said.get("action_description", ""),
        kind=said.get("action_kind", ""),
        language=said.get("language", ""),
    )


def tool_input(tool: Tool, prompt: str) -> dict[str, Any]:
    """The tool's input: valid against its schema, about the prompt, the same for the same prompt."""
    root = tool.input_schema
    asked = question(prompt)
    properties: Mapping[str, schema.Schema] = schema.resolve(root, root).get("properties", {})
    answer: dict[str, Any] = dict(texts.summary(fields(prompt))) if "titleJa" in properties else {}
    for name, declared in properties.items():
        values = schema.resolve(declared, root)
        if schema.kind_of(values) != "array":
            continue
        item = schema.resolve(values.get("items", {}), root).get("properties", {})
        if "estimatedMinutes" in item:
            fewest = values.get("minItems", _FEWEST)
            answer[name] = texts.tasks(asked, fewest=fewest, most=max(fewest, values.get("maxItems", _MOST)))
        elif "title" in item:
            answer[name] = texts.proposals(asked, count=values.get("minItems", _PROPOSALS))
    words = asked.action or asked.sub_goal or asked.goal
    valid = schema.conform(answer, root, root, words)
    return valid if isinstance(valid, dict) else {}


def broken_input(tool: Tool) -> dict[str, Any]:
    """An input that no schema with properties accepts: each value has the wrong type."""
    root = tool.input_schema
    properties: Mapping[str, schema.Schema] = schema.resolve(root, root).get("properties", {})
    wrong = {"array": "none", "object": "none", "string": 0}
    return {name: wrong.get(schema.kind_of(schema.resolve(each, root)), "many") for name, each in properties.items()}


def text(prompt: str) -> str:
    """An answer in plain words, for a request that offers no tool: the tasks as a list."""
    return "\n".join(f"- {task['title']}: {task['description']}" for task in texts.tasks(question(prompt)))


def tokens(words: str) -> int:
    """An estimate of the tokens in a text: four Latin characters or one Japanese character each."""
    wide = len(re.findall("[\u3000-\u9fff\uff00-\uffef]", words))
    return wide + (len(words) - wide + 3) // 4
