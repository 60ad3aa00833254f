"""Keys, secrets, passwords, buckets and the database."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection

from tests.twin.account import Account, Refused
from twin.cloud import Cloud
from twin.handlers.handler import HandlerError

CLUSTER = "aws:rds/cluster:Cluster"


def declared_cluster(**more: Any) -> dict[str, Any]:
    return {
        "engine": "aurora-postgresql",
        "engineVersion": "16.8",
        "masterUsername": "chief",
        "masterPassword": "first-password",
        "databaseName": "chart",
        "deletionProtection": True,
        **more,
    }


def connect(cloud: Cloud, user: str, password: str, database: str) -> connection:
    return psycopg2.connect(
        host=cloud.database_host,
        port=cloud.database_port,
        user=user,
        password=password,
        dbname=database,
        sslmode="verify-full",
        sslrootcert=cloud.database_ca_file,
    )


def test_a_clusters_administrator_logs_in_to_the_declared_database_at_its_endpoint(account: Account) -> None:
    cluster = account.create(CLUSTER, declared_cluster())
    assert (cluster.outputs["endpoint"], cluster.outputs["port"]) == ("127.0.0.1", account.cloud.database_port)
    session = connect(account.cloud, "chief", "first-password", "chart")
    with session, session.cursor() as cursor:
        cursor.execute("CREATE TABLE public.owned (); DROP TABLE public.owned")
        cursor.execute("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = 'chief'")
        assert cursor.fetchone() == (False, True)
    session.close()


def test_a_cluster_with_a_new_password_takes_the_old_one_away(account: Account) -> None:
    account.create(CLUSTER, declared_cluster())
    account.create(CLUSTER, declared_cluster(masterPassword="second-password"))
    connect(account.cloud, "chief", "second-password", "chart").close()
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect(account.cloud, "chief", "first-password", "chart")


def test_a_cluster_of_another_engine_is_refused(account: Account) -> None:
    with pytest.raises(HandlerError, match="engine 'aurora-mysql' has no server on the twin"):
        account.create(CLUSTER, declared_cluster(engine="aurora-mysql"))


def test_a_protected_cluster_is_deleted_with_its_instance(account: Account) -> None:
    cluster = account.create(CLUSTER, declared_cluster(clusterIdentifier="doomed"))
    inputs = {"clusterIdentifier": cluster.id, "engine": "aurora-postgresql", "instanceClass": "db.serverless"}
    writer = account.create("aws:rds/clusterInstance:ClusterInstance", {**inputs, "identifier": "doomed-writer"})
    account.delete(writer)
    account.delete(cluster)
    names = [item["DBClusterIdentifier"] for item in account.cloud.client("rds").describe_db_clusters()["DBClusters"]]
    assert "doomed" not in names


def test_a_parameter_group_holds_the_declared_parameters(account: Account) -> None:
    group = account.create(
        "aws:rds/clusterParameterGroup:ClusterParameterGroup",
        {
            "family": "aurora-postgresql16",
            "description": "TLS only",
            "parameters": [{"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"}],
        },
    )
    pages = account.cloud.client("rds").get_paginator("describe_db_cluster_parameters")
    found = pages.paginate(DBClusterParameterGroupName=group.id).search("Parameters[?ParameterName=='rds.force_ssl']")
    assert [item["ParameterValue"] for item in found] == ["1"]


def test_a_secrets_name_is_free_again_after_its_deletion(account: Account) -> None:
    type_, inputs = "aws:secretsmanager/secret:Secret", {"name": "webhook", "recoveryWindowInDays": 7}
    account.delete(account.create(type_, inputs))
    assert account.create(type_, inputs).outputs["name"] == "webhook"


def test_a_new_value_of_a_secret_keeps_the_former_one_as_previous(account: Account) -> None:
    secret = account.create("aws:secretsmanager/secret:Secret", {})
    version = account.create(
        "aws:secretsmanager/secretVersion:SecretVersion", {"secretId": secret.id, "secretString": "first"}
    )
    assert version.id == f"{secret.id}|{version.outputs['versionId']}"
    account.update(version, {"secretId": secret.id, "secretString": "second"})
    client = account.cloud.client("secretsmanager")
    assert client.get_secret_value(SecretId=secret.id)["SecretString"] == "second"
    former = client.get_secret_value(SecretId=secret.id, VersionStage="AWSPREVIOUS")
    assert former["SecretString"] == "first"


def test_a_key_rotates_and_is_found_by_its_alias(account: Account) -> None:
    key = account.create("aws:kms/key:Key", {"enableKeyRotation": True, "deletionWindowInDays": 7, "tags": {"a": "1"}})
    alias = account.create("aws:kms/alias:Alias", {"name": "alias/mandala-data", "targetKeyId": key.id})
    client = account.cloud.client("kms")
    assert client.describe_key(KeyId="alias/mandala-data")["KeyMetadata"]["Arn"] == key.outputs["arn"]
    assert alias.outputs["targetKeyArn"] == key.outputs["arn"]
    assert client.get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"]


def test_a_password_has_its_length_and_only_the_allowed_characters(account: Account) -> None:
    inputs = {"length": 40, "special": False, "minUpper": 3}
    passwords = {
        account.create("random:index/randomPassword:RandomPassword", inputs).outputs["result"] for _ in range(5)
    }
    assert len(passwords) == 5
    for password in passwords:
        assert (len(password), password.isalnum()) == (40, True)
        assert sum(character.isupper() for character in password) >= 3


def test_random_bytes_are_the_same_in_both_notations(account: Account) -> None:
    import base64

    outputs = account.create("random:index/randomBytes:RandomBytes", {"length": 32}).outputs
    assert base64.b64decode(outputs["base64"]).hex() == outputs["hex"]
    assert len(outputs["hex"]) == 64


def test_a_bucket_is_deleted_with_every_version_of_its_objects(account: Account, refused: Refused) -> None:
    bucket = account.create("aws:s3/bucket:Bucket", {"bucket": "keeper"})
    versions = {"bucket": bucket.id, "versioningConfiguration": {"status": "Enabled"}}
    account.create("aws:s3/bucketVersioning:BucketVersioning", versions)
    inputs = {"bucket": bucket.id, "key": "config.json", "content": "{}", "contentType": "application/json"}
    account.create("aws:s3/bucketObjectv2:BucketObjectv2", inputs)
    account.create("aws:s3/bucketObjectv2:BucketObjectv2", {**inputs, "content": "[]"})
    client = account.cloud.client("s3")
    answer = client.get_object(Bucket=bucket.id, Key="config.json")
    assert (answer["Body"].read(), answer["ContentType"]) == (b"[]", "application/json")
    assert len(client.list_object_versions(Bucket=bucket.id)["Versions"]) == 2
    account.delete(bucket)
    assert refused(lambda: client.head_bucket(Bucket=bucket.id)) == "404"


def test_a_buckets_settings_are_those_declared(account: Account) -> None:
    bucket = account.create("aws:s3/bucket:Bucket", {"bucket": "settled", "tags": {"Project": "mandala"}})
    rule = {"id": "expire", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 30}}
    block = {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    encryption = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
    settings: dict[str, dict[str, Any]] = {
        "bucketLifecycleConfiguration:BucketLifecycleConfiguration": {"rules": [rule]},
        "bucketPublicAccessBlock:BucketPublicAccessBlock": block,
        "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {"rules": encryption},
        "bucketOwnershipControls:BucketOwnershipControls": {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
    }
    for type_, inputs in settings.items():
        assert account.create(f"aws:s3/{type_}", {"bucket": bucket.id, **inputs}).id == bucket.id
    client = account.cloud.client("s3")
    (found,) = client.get_bucket_lifecycle_configuration(Bucket=bucket.id)["Rules"]
    assert (found["ID"], found["NoncurrentVersionExpiration"]) == ("expire", {"NoncurrentDays": 30})
    assert all(client.get_public_access_block(Bucket=bucket.id)["PublicAccessBlockConfiguration"].values())
    (kept,) = client.get_bucket_encryption(Bucket=bucket.id)["ServerSideEncryptionConfiguration"]["Rules"]
    assert kept["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (owner,) = client.get_bucket_ownership_controls(Bucket=bucket.id)["OwnershipControls"]["Rules"]
    assert owner["ObjectOwnership"] == "BucketOwnerEnforced"
    assert client.get_bucket_tagging(Bucket=bucket.id)["TagSet"] == [{"Key": "Project", "Value": "mandala"}]
