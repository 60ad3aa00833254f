"""What is measured, by name."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import functions, page, system
from tests.bench.measure import ROOT, Figure, run

CDK = "AWS CDK (Python): synthesis of 214 resources 9.9 s and 557 MB"
TERRAFORM = "Terraform's provider: 195 s for 267 resources against the same emulator"
TWIN = str(Path(sys.executable).with_name("twin"))


def record(runs: int) -> list[Figure]:
    """The program of `prod` evaluated in a fresh process; then a second stack in the same process."""
    program = (
        "import time; start = time.perf_counter()\n"
        "from plan.record import record\n"
        "first = record('prod'); middle = time.perf_counter()\n"
        "record('dev'); end = time.perf_counter()\n"
        "print(len(first.resources), middle - start, end - middle)"
    )
    single = "from plan.record import record; record('prod')"
    cold = [run([sys.executable, "-c", single]) for _ in range(runs)]
    both = [run([sys.executable, "-c", program]).output.split() for _ in range(runs)]
    count = both[0][0]
    return [
        Figure(
            what=f"`plan.record` of prod, {count} resources, cold process",
            goal="<= 3.0 s",
            values=[r.seconds for r in cold],
            reference=CDK,
        ),
        Figure(what="its peak memory", goal="<= 200 MB", values=[r.megabytes for r in cold], unit="MB", reference=CDK),
        Figure(what="a second stack in the same process", goal="<= 1.0 s", values=[float(words[2]) for words in both]),
    ]


def up(runs: int) -> list[Figure]:
    """`twin up` on an installed machine until the demonstration goal has its tasks; then `twin down`."""
    seconds, steps = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "twin"
            try:
                seconds.append(run([TWIN, "up", "--folder", str(state)]).seconds)
                steps.append(json.loads((state / "state.json").read_text(encoding="utf-8"))["timings"])
            finally:
                run([TWIN, "down", "--folder", str(state)])
    figures = [
        Figure(
            what="`make up` on an installed machine: the whole system, 64 actions with their tasks",
            goal="<= 25 s",
            values=seconds,
            reference=TERRAFORM,
        )
    ]
    figures += [
        Figure(what=f"of which: {step}", goal="", values=[timings[step] for timings in steps]) for step in steps[0]
    ]
    return figures


def fresh(_: int) -> list[Figure]:
    """A fresh clone with caches of its own, all empty, until the system runs. Needs the package registries."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        run(["git", "clone", "--quiet", str(ROOT), str(clone)])
        caches = {
            "UV_CACHE_DIR": f"{folder}/uv",
            "npm_config_cache": f"{folder}/npm",
            "PIP_NO_CACHE_DIR": "1",
            "VIRTUAL_ENV": "",
        }
        try:
            seconds = run(["make", "up"], cwd=clone, environment=caches).seconds
        finally:
            run(["make", "down"], cwd=clone, environment=caches)
    return [
        Figure(what="fresh clone, empty caches, to the running system (`make up`)", goal="<= 120 s", values=[seconds])
    ]


def check(_: int) -> list[Figure]:
    """The fast part of the tests."""
    return [Figure(what="`make check`", goal="<= 60 s", values=[run(["make", "check"]).seconds])]


def test(_: int) -> list[Figure]:
    """All tests."""
    return [Figure(what="`make test`", goal="<= 360 s", values=[run(["make", "test"]).seconds])]


ALL: dict[str, Callable[[int], list[Figure]]] = {
    "record": record,
    "up": up,
    "fresh": fresh,
    "check": check,
    "test": test,
    "imports": functions.imports,
    "packages": functions.packages,
    "million": functions.million,
    "api": system.api,
    "queue": system.queue,
    "service": system.service,
    "pages": page.pages,
}
