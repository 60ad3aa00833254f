"""The real Terraform and AWS provider judge the exports, where they are installed; elsewhere: not judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plan.terraform.export import export
from tests.conftest import POSTURES, STACK_FILES, Stacks
from tests.judges import terraform as judge
from tests.judges.terraform import NotJudged, Rejected, Terraform, addresses, find
from tests.plan.terraform.test_export import SECRETS


@pytest.fixture
def terraform(tmp_path: Path) -> Terraform:
    """Terraform, ready in the test's folder."""
    try:
        found = find()
        requirement = {"aws": {"source": "hashicorp/aws"}}
        (tmp_path / "providers.tf.json").write_text(json.dumps({"terraform": {"required_providers": requirement}}))
        found.init(tmp_path)
    except NotJudged as reason:
        pytest.skip(f"not judged: {reason}")
    (tmp_path / "providers.tf.json").unlink()
    return found


@pytest.mark.prove
@pytest.mark.parametrize("stack", [*STACK_FILES, *POSTURES])
def test_every_stack_is_valid(stack: str, stacks: Stacks, terraform: Terraform, tmp_path: Path) -> None:
    export(stacks(stack), SECRETS).write(tmp_path)
    terraform.validate(tmp_path)


@pytest.mark.parametrize("stack", ["prod", pytest.param("contrary", marks=pytest.mark.prove)])
def test_a_plan_without_an_account_creates_every_resource(
    stack: str, stacks: Stacks, terraform: Terraform, tmp_path: Path
) -> None:
    exported = export(stacks(stack), SECRETS)
    exported.write(tmp_path)
    planned = addresses(terraform.plan(tmp_path))
    expected = {
        f"{type_}.{name}"
        for file in exported.files.values()
        for type_, bodies in file.get("resource", {}).items()
        for name in bodies
    }
    assert planned == expected


def test_what_is_wrong_is_rejected(terraform: Terraform, tmp_path: Path) -> None:
    resource = {"aws_sqs_queue": {"jobs": {"name": "jobs", "colour": "red"}}}
    (tmp_path / "main.tf.json").write_text(json.dumps({"resource": resource}))
    with pytest.raises(Rejected, match="colour"):
        terraform.validate(tmp_path)


def test_where_terraform_is_missing_nothing_passes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert judge.main(["local"]) == 3
    assert capsys.readouterr().out == "local: not judged: terraform is not installed\n"


def test_where_the_provider_is_missing_nothing_passes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        find()
    except NotJudged as reason:
        pytest.skip(f"not judged: {reason}")
    monkeypatch.setenv("TF_PLUGIN_DIR", str(tmp_path))
    assert judge.main(["local"]) == 3
    assert capsys.readouterr().out.startswith("local: not judged: the AWS provider cannot be had: ")


def test_a_faulty_stack_is_told_apart_from_one_that_was_not_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def verdict(stack: str) -> str:
        if stack == "bad":
            raise Rejected("no")
        if stack == "unknown":
            raise NotJudged("nobody there")
        return "passed: all"

    monkeypatch.setattr(judge, "judge", verdict)
    assert [judge.main(stacks) for stacks in (["good"], ["good", "unknown"], ["unknown", "bad"], ["bad", "good"])] == [
        0, 3, 1, 1,
    ]  # fmt: skip
    assert "bad: rejected: no\n" in capsys.readouterr().out
