"""What is kept and presented: the audit trail, delivered logs, certificates, metrics of a distribution."""

from __future__ import annotations

import pytest

from tests.twin.account import Account, Refused
from twin.handlers.ledger import reason

TRAIL = "aws:cloudtrail/trail:Trail"
SELECTORS = [
    {
        "name": "Data",
        "fieldSelectors": [
            {"field": "eventCategory", "equals": ["Data"]},
            {"field": "resources.ARN", "notStartsWiths": ["arn:aws:s3:::logs/"]},
        ],
    }
]


def test_a_trail_records_from_the_start_what_it_is_told_to(account: Account, refused: Refused) -> None:
    inputs = {
        "name": "everything",
        "s3BucketName": "record",
        "isMultiRegionTrail": True,
        "enableLogFileValidation": True,
        "advancedEventSelectors": SELECTORS,
        "tags": {"Project": "p"},
    }
    trail = account.create(TRAIL, inputs)
    client = account.cloud.client("cloudtrail")
    found = client.get_trail(Name="everything")["Trail"]
    assert (found["TrailARN"], found["IsMultiRegionTrail"], found["LogFileValidationEnabled"]) == (trail.id, True, True)
    assert client.get_trail_status(Name="everything")["IsLogging"] is True
    [selector] = client.get_event_selectors(TrailName="everything")["AdvancedEventSelectors"]
    assert selector["FieldSelectors"][1] == {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::logs/"]}
    account.delete(trail)
    assert refused(lambda: client.get_trail(Name="everything")) == "TrailNotFoundException"


def test_a_trail_that_is_switched_off_stands_and_records_nothing(account: Account) -> None:
    account.create(TRAIL, {"name": "quiet", "s3BucketName": "record", "enableLogging": False})
    assert account.cloud.client("cloudtrail").get_trail_status(Name="quiet")["IsLogging"] is False


def test_logs_are_delivered_from_source_to_destination(account: Account) -> None:
    source = account.create(
        "aws:cloudwatch/logDeliverySource:LogDeliverySource",
        {
            "name": "requests",
            "logType": "ACCESS_LOGS",
            "resourceArn": "arn:aws:cloudfront::123456789012:distribution/E1",
            "region": "us-east-1",
        },
    )
    destination = account.create(
        "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
        {
            "name": "requests",
            "outputFormat": "json",
            "deliveryDestinationConfiguration": {"destinationResourceArn": "arn:aws:s3:::logs"},
            "region": "us-east-1",
        },
    )
    delivery = account.create(
        "aws:cloudwatch/logDelivery:LogDelivery",
        {
            "deliverySourceName": source.outputs["name"],
            "deliveryDestinationArn": destination.outputs["arn"],
            "region": "us-east-1",
        },
    )
    client = account.cloud.client("logs", "us-east-1")
    assert client.get_delivery(id=delivery.id)["delivery"]["deliverySourceName"] == "requests"
    for made in (delivery, destination, source):
        account.delete(made)
    assert [d for d in client.describe_deliveries()["deliveries"] if d["id"] == delivery.id] == []
    assert client.describe_delivery_sources()["deliverySources"] == []


def test_a_certificate_asks_the_question_that_a_zone_answers(account: Account, refused: Refused) -> None:
    inputs = {"domainName": "goals.example.com", "validationMethod": "DNS", "region": "us-east-1"}
    certificate = account.create("aws:acm/certificate:Certificate", inputs)
    [question] = certificate.outputs["domainValidationOptions"]
    assert question["domainName"] == "goals.example.com"
    assert question["resourceRecordName"].endswith(".goals.example.com.")
    assert question["resourceRecordType"] == "CNAME"
    client = account.cloud.client("acm", "us-east-1")
    account.delete(certificate)
    code = refused(lambda: client.describe_certificate(CertificateArn=certificate.id))
    assert code == "ResourceNotFoundException"


def test_records_of_zones_are_written_down_with_the_reason(account: Account) -> None:
    type_ = "aws:route53/record:Record"
    record = account.create(type_, {"zoneId": "Z1", "name": "_x.example.com.", "type": "CNAME", "records": ["y"]})
    assert (record.id, record.outputs["fqdn"]) == ("Z1__x.example.com._CNAME", "_x.example.com")
    assert "edge" in reason(type_)


def test_a_bucket_logs_its_accesses_where_it_is_told(account: Account) -> None:
    for bucket in ("watched", "watcher"):
        account.create("aws:s3/bucket:Bucket", {"bucket": bucket})
    inputs = {"bucket": "watched", "targetBucket": "watcher", "targetPrefix": "s3/watched/"}
    account.create("aws:s3/bucketLogging:BucketLogging", inputs)
    enabled = account.cloud.client("s3").get_bucket_logging(Bucket="watched")["LoggingEnabled"]
    assert (enabled["TargetBucket"], enabled["TargetPrefix"]) == ("watcher", "s3/watched/")


@pytest.mark.requirement(172)
def test_a_distribution_has_the_metrics_that_are_paid_for(account: Account) -> None:
    behavior = {
        "targetOriginId": "o",
        "viewerProtocolPolicy": "redirect-to-https",
        "allowedMethods": ["GET", "HEAD"],
        "cachedMethods": ["GET", "HEAD"],
    }
    distribution = account.create(
        "aws:cloudfront/distribution:Distribution",
        {
            "enabled": True,
            "origins": [{"originId": "o", "domainName": "b.s3.ap-northeast-1.amazonaws.com"}],
            "defaultCacheBehavior": behavior,
            "restrictions": {"geoRestriction": {"restrictionType": "none"}},
            "viewerCertificate": {"cloudfrontDefaultCertificate": True},
        },
    )
    wanted = {"realtimeMetricsSubscriptionConfig": {"realtimeMetricsSubscriptionStatus": "Enabled"}}
    account.create(
        "aws:cloudfront/monitoringSubscription:MonitoringSubscription",
        {"distributionId": distribution.id, "monitoringSubscription": wanted},
    )
    found = account.cloud.client("cloudfront").get_monitoring_subscription(DistributionId=distribution.id)
    config = found["MonitoringSubscription"]["RealtimeMetricsSubscriptionConfig"]
    assert config["RealtimeMetricsSubscriptionStatus"] == "Enabled"
