"""Corrections of Lambda: what a failed function reports, how many run at once, how fast a new one starts."""

from __future__ import annotations

import contextvars
import hashlib
import os
import shutil
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twin.emulator.corrections import part, replace, replace_text, require

_last_failure = threading.local()
called_by_gateway: contextvars.ContextVar[bool] = contextvars.ContextVar("called_by_gateway", default=False)


def correct() -> None:
    """Apply all of them."""
    report_the_exception()
    report_failed_imports()
    queue_above_the_limit()
    reserve_for_every_version()
    share_layers()
    import_botocore_on_demand()


def report_the_exception() -> None:
    """A failure carries the exception's class and stack trace, and the execution environment lives on, as on AWS.

    The emulator answers `Runtime.HandlerError` for every exception, which no Retry or Catch could tell apart, and
    starts the function anew after each.
    """
    runtime, service = part("core.lambda_runtime"), part("services.lambda_svc")
    replace_text(
        runtime,
        "_PYTHON_WORKER_SCRIPT",
        '_real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()}) + "\\n")',
        '_real_stdout.write(json.dumps({"status": "ok", "raised": type(e).__name__, "error": str(e), '
        '"trace": traceback.format_exc(), "stack": traceback.format_tb(e.__traceback__)}) + "\\n")',
    )

    def invoke(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def call(worker: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
            result = original(worker, *args, **kwargs)
            if "raised" in result:
                result["status"] = "error"
                _last_failure.body = {"errorType": result["raised"], "stackTrace": result["stack"]}
            elif result.get("error") == "Worker process died":
                _last_failure.body = {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited"}
            return result

        return call

    def execute(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def call(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
            _last_failure.body = None
            result = original(func, event, request_id)
            if result.get("error") and _last_failure.body:
                result["body"] = {**result["body"], **_last_failure.body, "requestId": request_id}
            return result

        return call

    replace(runtime.Worker, "invoke", invoke)
    replace(service, "_execute_function_warm", execute)


def report_failed_imports() -> None:
    """A handler that cannot be imported reports `Runtime.ImportModuleError` and says so in its log."""
    runtime, service = part("core.lambda_runtime"), part("services.lambda_svc")
    replace_text(
        runtime,
        "_PYTHON_WORKER_SCRIPT",
        '_real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\\n")',
        '_real_stdout.write(json.dumps({"status": "error", "error": '
        '("Runtime.ImportModuleError" if isinstance(e, ImportError) else type(e).__name__) '
        '+ ": Unable to import module \'" + module_name + "\': " + traceback.format_exc()}) + "\\n")',
    )

    def execute(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def call(*args: Any) -> dict[str, Any]:
            result = original(*args)
            message = str((result.get("body") or {}).get("errorMessage", "")) if result.get("error") else ""
            if message.startswith("Worker init failed: "):
                kind, _, text = message.removeprefix("Worker init failed: ").partition(": ")
                result.update(body={"errorMessage": text, "errorType": kind}, log=f"[ERROR] {kind}: {text}")
            return result

        return call

    replace(service, "_execute_function_warm", execute)


def queue_above_the_limit() -> None:
    """At most so many functions run at once on this machine; more wait, since AWS would have run them too.

    API calls have places of their own, so that a workflow at full width does not starve them. A call from inside a
    function needs no place: its caller holds one. The wait is not part of the function's time-out.
    """
    service, gateway = part("services.lambda_svc"), part("services.apigateway_v1")
    require(service, "_invoke_depth")
    limit = max(4, 2 * (os.cpu_count() or 1))
    places = {True: threading.BoundedSemaphore(2 * limit), False: threading.BoundedSemaphore(limit)}

    def dispatch(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def call(func: Any, config: Any, event: Any, request_id: str, started: float) -> dict[str, Any]:
            if (service._invoke_depth.get() or 0) > 1:
                return original(func, config, event, request_id, started)
            with places[called_by_gateway.get()]:
                return original(func, config, event, request_id, time.time())

        return call

    def mark(original: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            called_by_gateway.set(True)
            return await original(*args, **kwargs)

        return call

    replace(service, "_execute_function_dispatch", dispatch)
    replace(gateway, "_call_lambda_raw", mark)


def reserve_for_every_version() -> None:
    """Reserved concurrency is the function's, whatever version or alias is called. The emulator forgets it for both."""
    service = part("services.lambda_svc")
    require(service, "_functions")

    def reserved(original: Callable[[Any, Any], int | None]) -> Callable[[Any, Any], int | None]:
        def call(func: Any, config: Any) -> int | None:
            return original(service._functions.get(config.get("FunctionName")) or func, config)

        return call

    replace(service, "_reserved_concurrency", reserved)


def share_layers() -> None:
    """A layer is unpacked once, not for every execution environment; its byte code is then compiled once too."""
    runtime, service = part("core.lambda_runtime"), part("services.lambda_svc")
    require(service, "_resolve_layer_zip")
    folder = Path(os.environ["STATE_DIR"]) / "layers"
    lock = threading.Lock()

    def unpacked(reference: Any) -> str:
        archive = service._resolve_layer_zip(reference)
        target = folder / hashlib.sha256(archive).hexdigest()[:32]
        with lock:
            if not target.exists():
                partial = target.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(parents=True)
                (partial / "layer.zip").write_bytes(archive)
                with zipfile.ZipFile(partial / "layer.zip") as content:
                    content.extractall(partial)  # noqa: S202 - the twin's own layer
                (partial / "layer.zip").unlink()
                partial.rename(target)
        return str(target)

    def spawn(original: Callable[..., None]) -> Callable[..., None]:
        def call(worker: Any) -> None:
            config = worker.config
            layers = [layer for layer in config.get("Layers") or [] if service._resolve_layer_zip(layer)]
            variables = dict((config.get("Environment") or {}).get("Variables") or {})
            variables["_LAMBDA_LAYERS_DIRS"] = os.pathsep.join(unpacked(layer) for layer in layers)
            try:
                worker.config = {**config, "Layers": [], "Environment": {"Variables": variables}}
                original(worker)
            finally:
                worker.config = config

        return call

    replace(runtime.Worker, "_spawn", spawn)


def import_botocore_on_demand() -> None:
    """The guard against recursive calls hooks into botocore when the function imports it, not before: 0.12 s less."""
    replace_text(
        part("core.lambda_runtime"),
        "_PYTHON_WORKER_SCRIPT",
        """    import os
    try:
        import botocore.handlers
    except ImportError:
        return
""",
        """    import os
    import sys
    if "botocore.handlers" not in sys.modules:
        from importlib.machinery import PathFinder

        class Finder(PathFinder):
            @classmethod
            def find_spec(cls, name, path=None, target=None):
                if name != "botocore.handlers":
                    return None
                sys.meta_path.remove(cls)
                spec = PathFinder.find_spec(name, path, target)
                if spec and spec.loader:
                    execute = spec.loader.exec_module
                    def exec_module(module):
                        execute(module)
                        _ms_install_invoke_depth()
                    spec.loader.exec_module = exec_module
                return spec

        sys.meta_path.insert(0, Finder)
        return
    from types import SimpleNamespace
    botocore = SimpleNamespace(handlers=sys.modules["botocore.handlers"])
""",
    )
