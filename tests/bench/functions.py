"""The functions as they are shipped: how soon they are imported, how large they are, how they fare with much data."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from components.parts import package
from tests.bench.measure import ROOT, Figure, run

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py"))
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
UTILITY_MS, HANDLER_MS, API_MS = 60, 180, 20
# What imports neither the database nor the API's shapes.
UTILITIES = {"aggregate_results", "create_batches", "enqueue_activities", "extract_errors", "notify_slack"}
UTILITIES |= {"summarize_run"}
IMPORT = """
import importlib, sys, time
package, libraries, module = sys.argv[1:]
sys.path[:0] = [package, libraries]
began = time.process_time()
importlib.import_module(module)
print((time.process_time() - began) * 1000)
"""


def imports(runs: int) -> list[Figure]:
    """Each handler imported from its package and its layer by a fresh interpreter, which may write no bytecode.

    The processor's time, which a busy machine does not change as much as it does the clock's.
    """
    with tempfile.TemporaryDirectory() as folder:
        libraries = Path(folder, "layer")
        _extract(package.layer(RUNTIME, "host"), libraries)
        figures = []
        for function in FUNCTIONS:
            shipped = Path(folder, function)
            _extract(package.package(function, RUNTIME), shipped)
            command = [sys.executable, "-I", "-S", "-B", "-c", IMPORT, str(shipped), str(libraries / "python")]
            values = [
                float(
                    run([*command, f"lambdas.{function}.handler"], environment=_environment(shipped, function)).output
                )
                for _ in range(runs)
            ]
            goal = UTILITY_MS if function in UTILITIES else HANDLER_MS
            figures.append(Figure(what=f"import of `{function}`", goal=f"<= {goal} ms", values=values, unit="ms"))
    return figures


def _extract(archive: str, to: Path) -> None:
    with zipfile.ZipFile(ROOT / archive) as content:
        content.extractall(to)


def _environment(shipped: Path, function: str) -> dict[str, str]:
    source = (shipped / "lambdas" / function / "handler.py").read_text(encoding="utf-8")
    declared = re.findall(r"^    ([a-z_]+): str$", source, re.MULTILINE)
    values = {name.upper(): "https://example.com" for name in declared}
    return values | {"MODEL_PROVIDER": "bedrock", "POWERTOOLS_SERVICE_NAME": function}


def packages(_: int) -> list[Figure]:
    """The largest and the smallest package, and the layer for AWS, built anew and found in the cache."""
    sizes = {function: (ROOT / package.package(function, RUNTIME)).stat().st_size / 1000 for function in FUNCTIONS}
    largest, smallest = max(sizes, key=sizes.__getitem__), min(sizes, key=sizes.__getitem__)
    layer = ROOT / package.layer("python3.13", "arm64")
    with zipfile.ZipFile(layer) as content:
        unzipped = sum(info.file_size for info in content.infolist()) / 1e6
    cold, warm = _built()
    return [
        Figure(what=f"the largest package, `{largest}`", goal="<= 100 KB", values=[sizes[largest]], unit="KB"),
        Figure(what=f"the smallest package, `{smallest}`", goal="<= 100 KB", values=[sizes[smallest]], unit="KB"),
        Figure(what="the layer, zipped", goal="<= 10 MB", values=[layer.stat().st_size / 1e6], unit="MB"),
        Figure(what="the layer, unzipped", goal="<= 40 MB", values=[unzipped], unit="MB"),
        Figure(what="all packages, built anew", goal="<= 5 s", values=[cold]),
        Figure(what="all packages, built before", goal="<= 0.3 s", values=[warm]),
    ]


def _built() -> tuple[float, float]:
    """Seconds to build every package in a fresh process without what was built before, and again in the same one."""
    code = (
        "import json, sys, tempfile, time; from pathlib import Path; from components.parts import package as p\n"
        "p.BUILD = tempfile.mkdtemp()\n"
        "def build():\n"
        "    began = time.perf_counter(); [p.package(name, sys.argv[1]) for name in sys.argv[2:]]\n"
        "    return time.perf_counter() - began\n"
        "print(json.dumps([build(), build()]))"
    )
    cold, warm = json.loads(run([sys.executable, "-c", code, RUNTIME, *FUNCTIONS]).output)
    return cold, warm


def million(runs: int) -> list[Figure]:
    """The time in the function of every read and the frequent writes, with 1,000,000 tasks in PostgreSQL."""
    from tests.lambdas import large
    from tests.lambdas import million as loaded
    from twin.postgres import PostgresServer

    role = {"APPLICATION_USERNAME": "application", "APPLICATION_PASSWORD": "application"}
    with tempfile.TemporaryDirectory() as folder, PostgresServer(Path(folder, "postgres")) as server:
        command = [sys.executable, "-m", "migrations", "up"]
        subprocess.run(command, cwd=ROOT, check=True, env=os.environ | role | {"DATABASE_URL": server.url})
        began = time.perf_counter()
        loaded.load(server.url)
        seconds = time.perf_counter() - began
        with large.reaching(server, role):
            found = large.milliseconds(server.url, [*large.READS, *large.WRITES], times=40 * runs)
    figures = [Figure(what="a million tasks of a thousand people, loaded", goal="", values=[seconds])]
    for name, values in found.items():
        what, reference = f"`{name}` in the function, 1,000,000 tasks", f"95th percentile {large.p95(values):.1f} ms"
        goal = f"95th percentile <= {API_MS} ms"
        figures.append(Figure(what=what, goal=goal, values=values, unit="ms", reference=reference))
    return figures
