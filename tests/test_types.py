"""What the type checker reads."""

from __future__ import annotations

import re
import tomllib

from tests.conftest import ROOT

_SERVICE = re.compile(r"\baws\.([a-z][a-z0-9_]*)\.[A-Z]")


def test_every_service_of_the_provider_in_use_is_type_checked() -> None:
    sources = [ROOT / "__main__.py", *(ROOT / "components").rglob("*.py")]
    used = {name for source in sources for name in _SERVICE.findall(source.read_text(encoding="utf-8"))}
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    read = next(
        set(override["module"])
        for override in configuration["tool"]["mypy"]["overrides"]
        if override.get("follow_imports") == "normal"
    )
    assert used
    assert {f"pulumi_aws.{name}.*" for name in used} <= read, "add the service to the mypy overrides in pyproject.toml"
