"""Reads the twin's logs: the functions' from the emulated CloudWatch, the parts' from the state folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twin.errors import TwinError
from twin.state import State

_PAUSE = 0.5
_LATE = 900_000


def parts(folder: Path) -> dict[str, Path]:
    """The log files of the twin's own parts, by name."""
    return {path.stem: path for path in sorted((folder / "logs").glob("*.log"))}


def names(folder: Path, running: State | None) -> list[str]:
    """Everything that has a log."""
    return [*parts(folder), *(_groups(_client(running)) if running else [])]


def entries(folder: Path, running: State | None, name: str, *, follow: bool) -> Iterator[dict[str, Any]]:
    """Log entries with `message`, and for a function its `timestamp`; for ever when following."""
    file = parts(folder).get(name)
    if file:
        yield from _lines(file, follow=follow)
    elif running:
        yield from _events(_client(running), name, follow=follow)


def _client(running: State) -> Any:
    from twin.cloud import Cloud

    return Cloud.of(running).client("logs")


def _groups(client: Any) -> list[str]:
    pages = client.get_paginator("describe_log_groups").paginate()
    return sorted(group["logGroupName"] for page in pages for group in page["logGroups"])


def _events(client: Any, name: str, *, follow: bool) -> Iterator[dict[str, Any]]:
    groups = _groups(client)
    ending = f"-{name.replace('_', '-')}"
    matching = [group for group in groups if group == name or f"-{group.rsplit('/', 1)[-1]}".endswith(ending)]
    if not matching:
        known = ", ".join(groups) or "none yet"
        raise TwinError(f"No function, log group or part is called '{name}'; there are: {known}.")
    # `tasks` also ends `generate-tasks`: the shortest name is the one meant.
    group, since, seen = min(matching, key=len), 0, set[tuple[str, int, str, int]]()
    while True:
        pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        alike: dict[tuple[str, int, str], int] = {}
        for event in sorted((e for page in pages for e in page["events"]), key=lambda e: int(e["timestamp"])):
            key = (str(event["logStreamName"]), int(event["timestamp"]), str(event["message"]))
            alike[key] = alike.get(key, 0) + 1
            if (*key, alike[key]) not in seen:
                seen.add((*key, alike[key]))
                yield {"timestamp": key[1], "message": key[2].rstrip("\n")}
        if not follow:
            return
        # Entries arrive late: a function's log is written when its call ends.
        since = max([since, *(timestamp - _LATE for _, timestamp, _, _ in seen)])
        time.sleep(_PAUSE)


def _lines(file: Path, *, follow: bool) -> Iterator[dict[str, Any]]:
    with file.open(errors="replace") as log:
        while True:
            line = log.readline()
            if line:
                yield {"message": line.rstrip("\n")}
            elif not follow:
                return
            else:
                time.sleep(_PAUSE)
