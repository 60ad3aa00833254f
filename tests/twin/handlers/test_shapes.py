"""How Pulumi's inputs become the arguments of an AWS operation."""

from __future__ import annotations

from typing import Any

import pytest

from twin.cloud import Cloud
from twin.handlers.shapes import ShapeError, arguments


@pytest.fixture(scope="module")
def unreachable() -> Cloud:
    """Translation needs the service's model, never the service."""
    return Cloud(
        endpoint="http://127.0.0.1:1",
        region="ap-northeast-1",
        account_id="123456789012",
        database_host="127.0.0.1",
        database_port=1,
        database_password="",
    )


def translated(cloud: Cloud, service: str, operation: str, values: dict[str, Any], **renames: str) -> dict[str, Any]:
    return arguments(cloud.client(service), operation, values, renames)


def test_names_are_found_whatever_their_capitals(unreachable: Cloud) -> None:
    values = {
        "callbackUrls": ["https://a/"],
        "allowedOauthFlowsUserPoolClient": True,
        "userPoolId": "p",
        "clientName": "c",
    }
    assert translated(unreachable, "cognito-idp", "create_user_pool_client", values) == {
        "CallbackURLs": ["https://a/"],
        "AllowedOAuthFlowsUserPoolClient": True,
        "UserPoolId": "p",
        "ClientName": "c",
    }


def test_a_plural_of_a_repeated_block_is_the_apis_singular(unreachable: Cloud) -> None:
    values = {"poolName": "p", "schemas": [{"name": "email", "required": True, "attributeDataType": "String"}]}
    answer = translated(unreachable, "cognito-idp", "create_user_pool", values)
    assert answer["Schema"] == [{"Name": "email", "Required": True, "AttributeDataType": "String"}]


def test_a_property_without_a_place_is_an_error_that_names_it(unreachable: Cloud) -> None:
    with pytest.raises(ShapeError, match=r"'create_alias\.colour' has no counterpart among .*AliasName"):
        translated(unreachable, "kms", "create_alias", {"aliasName": "alias/a", "colour": "red"})


def test_a_nested_property_without_a_place_is_named_with_its_path(unreachable: Cloud) -> None:
    values = {"name": "f", "vpcConfig": {"subnets": []}}
    with pytest.raises(ShapeError, match=r"create_function\.vpcConfig\.subnets"):
        translated(unreachable, "lambda", "create_function", values, name="FunctionName")


def test_a_rename_does_not_reach_into_blocks_that_know_the_plain_name(unreachable: Cloud) -> None:
    values = {"name": "pool", "schemas": [{"name": "email"}]}
    answer = translated(unreachable, "cognito-idp", "create_user_pool", values, name="PoolName")
    assert answer == {"PoolName": "pool", "Schema": [{"Name": "email"}]}


def test_tags_become_pairs_where_the_api_wants_pairs(unreachable: Cloud) -> None:
    assert translated(unreachable, "secretsmanager", "create_secret", {"name": "s", "tags": {"a": "1"}})["Tags"] == [
        {"Key": "a", "Value": "1"}
    ]


def test_tags_stay_a_map_where_the_api_wants_a_map(unreachable: Cloud) -> None:
    assert translated(unreachable, "logs", "create_log_group", {"logGroupName": "g", "tags": {"a": "1"}})["tags"] == {
        "a": "1"
    }


def test_dimensions_become_pairs_of_name_and_value(unreachable: Cloud) -> None:
    answer = translated(unreachable, "cloudwatch", "put_metric_alarm", {"dimensions": {"FunctionName": "f"}})
    assert answer == {"Dimensions": [{"Name": "FunctionName", "Value": "f"}]}


def test_lists_of_cloudfront_carry_their_quantity(unreachable: Cloud) -> None:
    policy = {"name": "p", "corsConfig": {"accessControlAllowOrigins": {"items": ["https://a", "https://b"]}}}
    answer = translated(
        unreachable, "cloudfront", "create_response_headers_policy", {"responseHeadersPolicyConfig": policy}
    )
    origins = answer["ResponseHeadersPolicyConfig"]["CorsConfig"]["AccessControlAllowOrigins"]
    assert origins == {"Items": ["https://a", "https://b"], "Quantity": 2}


def test_values_take_the_types_of_the_api(unreachable: Cloud) -> None:
    values = {"timeout": "30", "publish": "true", "environment": {"variables": {"DEBUG": True}}}
    assert translated(unreachable, "lambda", "create_function", values) == {
        "Timeout": 30,
        "Publish": True,
        "Environment": {"Variables": {"DEBUG": "true"}},
    }


def test_a_block_that_may_stand_once_becomes_a_list_of_one(unreachable: Cloud) -> None:
    values = {"bucket": "b", "ownershipControls": {"rule": {"objectOwnership": "BucketOwnerEnforced"}}}
    answer = translated(unreachable, "s3", "put_bucket_ownership_controls", values, rule="Rules")
    assert answer["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
