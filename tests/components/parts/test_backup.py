"""Backups by AWS Backup, where the settings ask for them."""

from __future__ import annotations

import pytest

from tests.conftest import Stacks


@pytest.mark.requirement(198)
def test_the_database_is_saved_every_night_within_hours_and_kept_for_its_time(stacks: Stacks) -> None:
    graph = stacks("contrary")
    [plan] = graph.of_type("aws:backup/plan:Plan")
    [vault] = graph.of_type("aws:backup/vault:Vault")
    [selection] = graph.of_type("aws:backup/selection:Selection")
    [cluster] = graph.of_type("aws:rds/cluster:Cluster")
    [rule] = plan.inputs["rules"]
    assert rule == {
        "ruleName": "scheduled",
        "targetVaultName": vault.inputs["name"],
        "schedule": "cron(0 18 * * ? *)",
        "startWindow": 60,
        "completionWindow": 360,
        "lifecycle": {"deleteAfter": 90},
    }
    assert selection.inputs["planId"] == plan.id
    assert selection.inputs["resources"] == [cluster.outputs["arn"]]
