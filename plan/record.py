"""Runs the program in this process, as `pulumi up` would, and returns what it registered."""

from __future__ import annotations

import asyncio
import gc
import os
import runpy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pulumi
from pulumi.runtime import mocks, resource, settings
from pulumi.runtime import stack as pulumi_stack
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto import source_pb2

from plan import stack_file
from plan.account import Account
from plan.graph import Graph, Resource
from plan.monitor import Monitor
from plan.provider_imports import on_demand
from plan.recorded_account import RecordedAccount

MAIN = stack_file.ROOT / "__main__.py"
YOUNG_OBJECTS = 5_000


class RecordError(Exception):
    """The program failed; the message lists every resource that failed and why."""


def record(
    stack: str | Path,
    *,
    account: Account | None = None,
    secrets: dict[str, str] | None = None,
    preview: bool = False,
    delay: Callable[[], float] | None = None,
) -> Graph:
    """Record the stack of this name or stack file. No CLI, credentials, network or passphrase.

    Raises `RecordError` with all failures, or `stack_file.StackFileError` when the file cannot be read.
    """
    source = stack_file.read(stack, secrets)
    region = source.config.get("aws:region", "ap-northeast-1")
    monitor = Monitor(account or RecordedAccount(region), preview=preview, delay=delay)
    run(lambda: runpy.run_path(str(MAIN), run_name="__main__"), monitor, source=source)
    return graph_of(monitor, source.stack)


def graph_of(monitor: Monitor, stack: str) -> Graph:
    """What the monitor saw, as a graph."""
    resources = []
    for urn in sorted(monitor.registrations):
        created = monitor.created.get(urn)
        resources.append(
            Resource(
                registration=monitor.registrations[urn],
                id=created.id if created else "",
                outputs=created.outputs if created else {},
            )
        )
    return Graph(
        stack=stack, resources=tuple(resources), exports=monitor.exports, export_secrets=monitor.export_secrets
    )


def run(program: Callable[[], object], monitor: Monitor, *, source: stack_file.StackFile) -> None:
    """Run `program` to quiescence under `monitor`. Leaves nothing behind for the next run in this process."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Failures are collected and raised below; asyncio would print those of abandoned futures once more, with traces.
    loop.set_exception_handler(lambda _loop, _context: None)
    settings.configure(
        mocks.MockSettings(
            monitor=monitor,
            monitor_features=set(monitor.GetDeploymentInfo(None).supportedFeatures),
            engine=mocks.MockEngine(None),
            project=stack_file.PROJECT,
            stack=source.stack,
            dry_run=monitor.preview,
            organization="organization",
            callbacks=None,
            outputs=set(),  # MockSettings keeps those of the last run, which a failure leaves behind
        )
    )
    settings.set_root_resource(None)  # type: ignore[arg-type]  # run_in_stack makes the root stack itself
    set_all_config(source.config, list(source.secret_keys))
    try:
        with _in_folder(stack_file.ROOT), on_demand(), _rare_garbage_collection(), _without_stack_traces():
            loop.run_until_complete(pulumi_stack.run_in_stack(lambda: _settled(program)))
    except Exception as error:
        raise _failure(monitor, error) from error
    finally:
        _close(loop)
        monitor.close()
    if monitor.errors:
        raise _failure(monitor, None)


async def _settled(program: Callable[[], object]) -> None:
    """Run the program and wait until nothing is under way.

    The SDK would wait too, but looks at every open output each time that one of them is done: quadratic in a program
    of this size, and half of the time of a recording.
    """
    program()
    while True:
        with settings.SETTINGS.lock:
            open_tasks = [*settings.SETTINGS.outputs, *settings.SETTINGS.rpc_manager.rpcs]
        open_tasks = [task for task in open_tasks if not task.done()]
        if not open_tasks:
            return
        await asyncio.wait(open_tasks)


def _failure(monitor: Monitor, error: Exception | None) -> Exception:
    """All that went wrong in one exception; a mistake in the settings stays the sentence that it is."""
    if isinstance(error, pulumi.RunError):
        return RecordError(str(error))
    problems = list(dict.fromkeys(monitor.errors)) or [f"{type(error).__name__}: {error}"]
    return RecordError("\n".join(problems))


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what is pending and wait for the executor: late registrations would leak into the next run."""
    pending = [task for task in asyncio.all_tasks(loop) if not task.done()]
    for task in pending:
        task.cancel()
    if pending:
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.set_event_loop(None)


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Importing a provider makes a million objects that all stay: looking for garbage among them takes a while.

    Only young objects are looked at while the program runs. What the first recording leaves is kept for good, since
    it is nearly all modules and classes; later recordings are collected as usual.
    """
    before = gc.get_threshold()
    gc.set_threshold(YOUNG_OBJECTS, 1_000_000, 1_000_000)
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
        gc.set_threshold(*before)


@contextmanager
def _without_stack_traces() -> Iterator[None]:
    """The SDK sends the program's call stack with every registration; nothing here reads it, and it costs a sixth."""
    before = resource._get_stack_trace
    resource._get_stack_trace = source_pb2.StackTrace
    try:
        yield
    finally:
        resource._get_stack_trace = before


@contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    """The program's relative paths start at the project's root, as under the CLI."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
