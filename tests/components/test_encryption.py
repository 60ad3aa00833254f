"""The keys: who administers them, and which services use them on whose behalf."""

from __future__ import annotations

import pytest

from components.encryption import Encryption, EncryptionArgs
from plan.graph import Graph
from settings.encryption import EncryptionSettings
from tests.harness import STACK, build, statements

KEY = "aws:kms/key:Key"


@pytest.mark.requirement(110, 204)
def test_every_key_rotates_and_production_s_cannot_be_deleted_by_mistake(prod: Graph) -> None:
    keys = prod.of_type(KEY)
    assert {"encryption-data", "encryption-logs", "encryption-secrets", "records-audit-key"} <= {k.name for k in keys}
    for key in keys:
        assert key.inputs["enableKeyRotation"] is True
        assert key.inputs["deletionWindowInDays"] == 30
        assert key.options["protect"] is True


@pytest.mark.requirement(185, 240)
def test_every_log_group_is_encrypted_with_the_logs_key(graph: Graph) -> None:
    groups = graph.of_type("aws:cloudwatch/logGroup:LogGroup")
    assert len(groups) >= 16
    keys = {key.outputs["arn"]: key.name for key in graph.of_type(KEY)}
    elsewhere = {"frontend-acl-logs": "frontend-acl-logs"}  # CloudFront's web ACL logs in us-east-1, with a key there
    for group in groups:
        assert keys[group.inputs["kmsKeyId"]] == elsewhere.get(group.name, "encryption-logs"), group.urn


@pytest.mark.requirement(185)
def test_cloudwatch_logs_uses_the_key_for_this_account_s_groups_only(prod: Graph) -> None:
    [use] = [s for s in statements(prod.named(KEY, "encryption-logs")) if "Service" in s["Principal"]]
    assert use["Principal"] == {"Service": "logs.ap-northeast-1.amazonaws.com"}
    assert use["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:ap-northeast-1:123456789012:log-group:*"}
    }


def test_those_who_write_to_queues_and_topics_may_use_the_data_key(prod: Graph) -> None:
    services = [
        s["Principal"]["Service"] for s in statements(prod.named(KEY, "encryption-data")) if "Service" in s["Principal"]
    ]
    assert services == [
        f"{service}.amazonaws.com" for service in ("cloudwatch", "budgets", "costalerts", "sns", "events")
    ]


def test_the_secrets_key_is_used_through_the_account_s_own_policies_only(prod: Graph) -> None:
    [account] = statements(prod.named(KEY, "encryption-secrets"))
    assert account["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}


@pytest.mark.requirement(240)
def test_queues_and_topics_are_encrypted_with_the_data_key_or_one_of_their_own(graph: Graph) -> None:
    keys = {key.outputs["arn"]: key.name for key in graph.of_type(KEY)}
    stores = graph.of_type("aws:sqs/queue:Queue") + graph.of_type("aws:sns/topic:Topic")
    assert len(stores) >= 4
    own = {"records-audit-files": "records-audit-key"}
    own |= {store.name: "topics-global" for store in stores if store.name.endswith("-global")}
    for store in stores:
        assert keys[store.inputs["kmsMasterKeyId"]] == own.get(store.name, "encryption-data"), store.urn


@pytest.mark.parametrize("protect", [True, False])
def test_protection_and_the_deletion_window_are_settings(protect: bool) -> None:
    settings = EncryptionSettings(deletion_window_days=9, protect=protect)
    graph = build(lambda: Encryption("encryption", EncryptionArgs(settings=settings, stack=STACK)))
    assert {(key.inputs["deletionWindowInDays"], key.options["protect"]) for key in graph.of_type(KEY)} == {
        (9, protect)
    }
    aliases = {alias.inputs["name"] for alias in graph.of_type("aws:kms/alias:Alias")}
    assert aliases == {f"alias/example-production-{role}" for role in ("data", "logs", "secrets")}
