"""Imports of the provider's SDK as the program needs them: of `pulumi_aws.ec2`, the resources in use.

A service's package imports every resource that the service has: `ec2` alone has 183 modules, of which the program
uses fifteen. Reading them all is a second and forty megabytes of each recording. Inside `on_demand()`, a name of such
a package is looked up in the one module that defines it by the SDK's own convention (`ec2.FlowLog` in
`ec2/flow_log.py`). A name that the convention does not find makes the package import everything, as it would have.
The classes are the SDK's own either way.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

PROVIDER = "pulumi_aws"
WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@contextmanager
def on_demand() -> Iterator[None]:
    """Packages of the provider that are first imported in here import their modules when a name of them is used."""
    sys.meta_path.insert(0, _Finder())
    try:
        yield
    finally:
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]


def modules_for(name: str) -> list[str]:
    """The modules of a service's package where `name` may be defined, likeliest first."""
    if name.startswith("_") or name.islower():
        return [name]
    own = WORD_START.sub("_", name.removesuffix("Args")).lower()
    return [own, "_inputs"] if name.endswith("Args") else [own, "_enums"]


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{PROVIDER}.") or fullname.count(".") != 1:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None and spec.submodule_search_locations:
            spec.loader = _ServiceLoader(spec.loader)
        return spec


class _ServiceLoader(Loader):
    """Leaves the package empty but for a `__getattr__` that imports what is asked for."""

    def __init__(self, whole: Loader) -> None:
        self.whole = whole

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.whole.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        def look_up(name: str) -> Any:
            for candidate in modules_for(name):
                if _import_into(module, candidate) and name in vars(module):
                    return vars(module)[name]
            if name.startswith("__") and name != "__all__":
                raise AttributeError(f"module '{module.__name__}' has no attribute '{name}'")
            vars(module).pop("__getattr__", None)
            self.whole.exec_module(module)
            return getattr(module, name)

        vars(module)["__getattr__"] = look_up


def _import_into(package: ModuleType, name: str) -> bool:
    """Import a module of the package and its public names into the package, as the package's own code would."""
    fullname = f"{package.__name__}.{name}"
    if name.startswith("__") or importlib.util.find_spec(fullname) is None:
        return False
    imported = importlib.import_module(fullname)
    vars(package)[name] = imported
    if name != "outputs":  # its classes have resources' names; the package itself holds it as a module only
        vars(package).update({public: getattr(imported, public) for public in getattr(imported, "__all__", ())})
    return True
