"""Shows what `twin up` is doing: live bars on a terminal, one line a step elsewhere; and times every step."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from plan.account import Registration

Shown = Callable[[int, int], None]


def component(urn: str) -> str:
    """The top component that a resource belongs to (`network`), from its URN."""
    types = [part for part in urn.split("::")[2].split("$") if part != "pulumi:pulumi:Stack"]
    return types[0].rsplit(":", 1)[-1] if len(types) > 1 else "stack"


class Report:
    """Steps, one after another or side by side. `timings` holds the seconds of those that ended well."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.timings: dict[str, float] = {}
        self._begun = time.monotonic()
        self._live: Progress | None = None
        if console.is_terminal:
            self._live = Progress(
                SpinnerColumn(finished_text="[green]✓[/green]"),
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[counted]}"),
                TimeElapsedColumn(),
                console=console,
            )
            self._live.start()

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Shown]:
        """One step; gives a function that shows how much of it is done."""
        begun = time.monotonic()
        task = self._live.add_task(name, total=None, counted="") if self._live else None

        def shown(done: int, total: int) -> None:
            if self._live and task is not None:
                self._live.update(task, completed=done, total=total, counted=f"{done}/{total}")

        yield shown
        seconds = time.monotonic() - begun
        self.timings[name] = round(seconds, 2)
        if self._live and task is not None:
            total = self._live.tasks[task].total or 1
            self._live.update(task, total=total, completed=total)
        else:
            self.console.print(f"{name}: {seconds:.1f} s", highlight=False)

    def deployment(self) -> Deployment:
        """Shows a deployment, one bar for each component."""
        return Deployment(self._live)

    def close(self) -> None:
        """End the live display and give the terminal back."""
        live, self._live = self._live, None
        if live:
            live.stop()

    def total(self) -> float:
        """Seconds since the report began."""
        return round(time.monotonic() - self._begun, 2)


class Deployment:
    """Counts resources by component; the deployer's progress."""

    def __init__(self, live: Progress | None) -> None:
        self._live = live
        self._tasks: dict[str, TaskID] = {}
        self._counts: dict[str, list[int]] = {}

    def started(self, registration: Registration) -> None:
        """A resource is about to be created."""
        self._count(registration, started=1)

    def finished(self, registration: Registration, seconds: float) -> None:
        """It exists."""
        self._count(registration, finished=1)

    def failed(self, registration: Registration, error: str) -> None:
        """It could not be made; the deployment's error will say why."""

    def resources(self) -> int:
        """How many resources exist."""
        return sum(finished for _, finished in self._counts.values())

    def _count(self, registration: Registration, *, started: int = 0, finished: int = 0) -> None:
        name = component(registration.urn)
        counts = self._counts.setdefault(name, [0, 0])
        counts[0] += started
        counts[1] += finished
        if self._live:
            if name not in self._tasks:
                self._tasks[name] = self._live.add_task(f"  {name}", total=None, counted="")
            values: dict[str, Any] = {"total": counts[0], "completed": counts[1], "counted": f"{counts[1]}"}
            self._live.update(self._tasks[name], **values)
