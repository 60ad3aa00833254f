"""Around the database: who reaches it, who pools, rotates and backs up, and one that stands elsewhere."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.components.data import PROXY, database, external
from tests.harness import KEYS, only, statements

PROXY_TYPE = "aws:rds/proxy:Proxy"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroup{0}Rule:SecurityGroup{0}Rule"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ROTATION = "aws:secretsmanager/secretRotation:SecretRotation"
CLUSTER = "aws:rds/cluster:Cluster"
INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


@pytest.mark.requirement(5, 6, 7, 8)
def test_without_a_proxy_the_functions_alone_reach_the_database_on_5432() -> None:
    graph = database()
    door = only(graph, GROUP)
    assert door.inputs["name"] == "example-production-db-sg"
    rule = only(graph, RULE.format("Ingress"))
    assert rule.inputs["securityGroupId"] == door.id
    assert rule.inputs["referencedSecurityGroupId"] == "sg-1"  # the functions' group
    assert (rule.inputs["ipProtocol"], rule.inputs["fromPort"], rule.inputs["toPort"]) == ("tcp", 5432, 5432)
    assert "cidrIpv4" not in rule.inputs
    assert [r.inputs["securityGroupId"] for r in graph.of_type(RULE.format("Egress"))] == ["sg-1"]
    assert {"ingress", "egress"}.isdisjoint(door.inputs)


@pytest.mark.requirement(6, 7, 8, 29, 167, 233, 249)
def test_production_pools_connections_and_its_database_takes_them_from_the_proxy_and_rotation(prod: Graph) -> None:
    door = prod.named(GROUP, "database-database")
    assert door.inputs["name"] == "goal-mandala-production-db-sg"
    pool, rotation = prod.named(GROUP, "database-proxy"), prod.named(GROUP, "database-rotation")
    functions = prod.named(GROUP, "network-functions")
    ways = {
        (r.inputs["referencedSecurityGroupId"], r.inputs["securityGroupId"], r.inputs["fromPort"], r.inputs["toPort"])
        for r in prod.of_type(RULE.format("Ingress"))
    }
    assert ways == {
        (functions.id, pool.id, 5432, 5432),
        (pool.id, door.id, 5432, 5432),
        (rotation.id, door.id, 5432, 5432),
    }
    assert door.id not in {r.inputs["securityGroupId"] for r in prod.of_type(RULE.format("Egress"))}
    proxy = only(prod, PROXY_TYPE)
    assert proxy.inputs["vpcSecurityGroupIds"] == [pool.id]
    assert proxy.inputs["requireTls"] is True
    target = only(prod, "aws:rds/proxyTarget:ProxyTarget")
    assert target.inputs["dbClusterIdentifier"] == "goal-mandala-production-database"


@pytest.mark.requirement(29)
def test_the_proxy_signs_in_as_the_application_and_reads_no_other_secret() -> None:
    graph = database(pooling=PROXY)
    proxy = only(graph, PROXY_TYPE).inputs
    secret = graph.named("aws:secretsmanager/secret:Secret", "database-application-secret").outputs["arn"]
    assert proxy["name"] == "example-production-database"
    assert proxy["engineFamily"] == "POSTGRESQL"
    assert proxy["idleClientTimeout"] == 1200
    assert proxy["debugLogging"] is False
    assert proxy["auths"] == [
        {
            "authScheme": "SECRETS",
            "clientPasswordAuthType": "POSTGRES_SCRAM_SHA_256",
            "iamAuth": "DISABLED",
            "secretArn": secret,
        }
    ]
    reads = statements(graph.named("aws:iam/rolePolicy:RolePolicy", "database-proxy-policy"))
    assert reads[0] == {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [secret]}
    pool = only(graph, "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup").inputs["connectionPoolConfig"]
    assert pool == {"maxConnectionsPercent": 80, "connectionBorrowTimeout": 7}
    logs = graph.named("aws:cloudwatch/logGroup:LogGroup", "database-proxy-logs").inputs
    assert (logs["name"], logs["kmsKeyId"]) == ("/aws/rds/proxy/example-production-database", KEYS.logs)


@pytest.mark.requirement(26, 38)
def test_the_database_s_credentials_rotate_every_30_days_and_nothing_else_does(prod: Graph) -> None:
    rotations = {r.inputs["secretId"]: r.inputs for r in prod.of_type(ROTATION)}
    secrets = {s.outputs["arn"] for s in prod.of_type("aws:secretsmanager/secret:Secret") if "database-" in s.name}
    assert set(rotations) == secrets
    assert len(secrets) == 2
    alias = prod.named("aws:lambda/alias:Alias", "database-rotation-rotate-secret-live")
    for rotation in rotations.values():
        assert rotation["rotationRules"] == {"automaticallyAfterDays": 30}
        assert rotation["rotationLambdaArn"] == alias.outputs["arn"]
        assert rotation["rotateImmediately"] is False
    assert database().of_type(ROTATION) == []


@pytest.mark.requirement(26, 203)
def test_rotation_may_change_the_two_secrets_and_is_called_for_them_alone() -> None:
    graph = database(rotation_days=30)
    arns = {s.outputs["arn"] for s in graph.of_type("aws:secretsmanager/secret:Secret")}
    written = [
        s
        for s in statements(graph.named("aws:iam/rolePolicy:RolePolicy", "database-rotation-rotate-secret-policy"))
        if any(action.startswith("secretsmanager:") for action in s["Action"])
    ]
    assert len(written) == 1
    assert set(written[0]["Resource"]) == arns
    assert written[0]["Action"] == [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ]
    permissions = graph.of_type("aws:lambda/permission:Permission")
    assert {p.inputs["sourceArn"] for p in permissions} == arns
    assert {p.inputs["principal"] for p in permissions} == {"secretsmanager.amazonaws.com"}
    function = only(graph, "aws:lambda/function:Function")
    variables = function.inputs["environment"]["variables"]
    administrator = graph.named("aws:secretsmanager/secret:Secret", "database-administrator-secret")
    assert variables["ADMINISTRATOR_SECRET_ARN"] == administrator.outputs["arn"]


@pytest.mark.requirement(32, 42)
def test_an_external_database_is_reached_by_a_parameter_and_nothing_of_it_is_made() -> None:
    graph = external()
    made = {r.type for r in graph.resources if r.type.startswith(("aws:", "random:"))}
    assert made == {RULE.format("Egress")}
    ways = {(r.inputs["cidrIpv4"], r.inputs["fromPort"]) for r in graph.of_type(RULE.format("Egress"))}
    assert ways == {("203.0.113.0/24", 6543), ("198.51.100.7/32", 6543)}
    # A name that shifts would replace a rule, and break the connection while it does.
    assert [r.name for r in graph.of_type(RULE.format("Egress"))] == ["database-outside-1", "database-outside-2"]


@pytest.mark.requirement(32, 41, 42)
def test_functions_read_the_external_connection_from_parameter_store() -> None:
    arn = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/chase/supabase/connection"
    graph = external(function=True)
    function = only(graph, "aws:lambda/function:Function")
    assert function.inputs["environment"]["variables"]["DATABASE_SECRET_ARN"] == arn
    granted = statements(only(graph, "aws:iam/rolePolicy:RolePolicy"))
    assert {"Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": [arn]} in granted
    (decrypts,) = [s for s in granted if s["Action"] == ["kms:Decrypt"]]
    assert decrypts["Resource"] == [KEYS.secrets]
    assert decrypts["Condition"] == {"StringEquals": {"kms:ViaService": "ssm.ap-northeast-1.amazonaws.com"}}


@pytest.mark.requirement(18, 202)
def test_production_keeps_seven_days_and_makes_no_further_backups(prod: Graph) -> None:
    assert only(prod, CLUSTER).inputs["backupRetentionPeriod"] == 7
    assert [r for r in prod.resources if r.type.startswith("aws:backup/")] == []


@pytest.mark.requirement(19)
def test_backup_retention_may_be_30_days_or_the_least_that_aurora_knows() -> None:
    aurora = {"automation": "aurora", "retention_days": 30, "window": "01:00-02:00"}
    assert only(database(backup=aurora), CLUSTER).inputs["backupRetentionPeriod"] == 30
    none = {"automation": "none", "window": "01:00-02:00"}
    assert only(database(backup=none), CLUSTER).inputs["backupRetentionPeriod"] == 1


@pytest.mark.requirement(19, 204)
def test_aws_backup_keeps_snapshots_of_the_cluster_in_an_encrypted_vault() -> None:
    backup = {
        "automation": "aws_backup",
        "retention_days": 30,
        "window": "01:00-02:00",
        "schedule": "cron(0 18 * * ? *)",
        "snapshot_retention_days": 60,
    }
    graph = database(backup=backup, deletion_protection=True)
    vault = only(graph, "aws:backup/vault:Vault")
    assert vault.inputs["name"] == "example-production-backup"
    assert vault.inputs["kmsKeyArn"] == KEYS.data
    assert vault.inputs["forceDestroy"] is False
    assert vault.options["protect"] is True
    (rule,) = only(graph, "aws:backup/plan:Plan").inputs["rules"]
    assert rule["targetVaultName"] == "example-production-backup"
    assert rule["schedule"] == "cron(0 18 * * ? *)"
    assert rule["lifecycle"] == {"deleteAfter": 60}
    selection = only(graph, "aws:backup/selection:Selection")
    assert selection.inputs["resources"] == [only(graph, CLUSTER).outputs["arn"]]
    role = graph.named("aws:iam/role:Role", "database-backup-role")
    assert selection.inputs["iamRoleArn"] == role.outputs["arn"]
    attached = {r.inputs["policyArn"].rsplit("/", 1)[1] for r in graph.of_type(ATTACHMENT)}
    assert attached == {"AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"}
