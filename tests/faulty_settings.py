"""Changes that make the production settings wrong, each with the sentence that it is refused with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Document = dict[str, Any]
Change = Callable[[Document], object]


def put(path: str, value: object) -> Change:
    """Set a key: `network.nat`, or `api` for a whole section."""

    def change(document: Document) -> None:
        *sections, last = path.split(".")
        if not sections:
            document[f"goal-mandala:{last}"] = value
            return
        target = document[f"goal-mandala:{sections[0]}"]
        for part in sections[1:]:
            target = target[int(part)] if isinstance(target, list) else target[part]
        target[last] = value

    return change


def drop(path: str) -> Change:
    """Remove a key or a whole section."""

    def change(document: Document) -> None:
        section, _, key = path.partition(".")
        if key:
            del document[f"goal-mandala:{section}"][key]
        else:
            del document[f"goal-mandala:{section}"]

    return change


FAULTS = [
    pytest.param(
        put("network.nat", "singel"),
        "goal-mandala:network.nat: should be 'none', 'single' or 'one_per_az' (got 'singel')",
        id="typo",
    ),
    pytest.param(
        put("database.backup.retention_days", "7"),
        "goal-mandala:database.backup.retention_days: should be a valid integer (got '7')",
        id="wrong type",
    ),
    pytest.param(
        put("database.deletion_protection", "yes"),
        "goal-mandala:database.deletion_protection: should be a valid boolean (got 'yes')",
        id="text for a boolean",
    ),
    pytest.param(
        put("api.stage_nmae", "v1"),
        "goal-mandala:api.stage_nmae: is not a known key: check its spelling, or remove it",
        id="unknown key",
    ),
    pytest.param(
        put("workflow.model", {"provider": "openai", "id": "gpt-4.1-mini", "key": "opneai"}),
        "goal-mandala:workflow.model.key: 'opneai' is no entry of secrets.external (external-api, github-token): add "
        "it there with the store that holds it",
        id="key that is nowhere",
    ),
    pytest.param(
        put("monitoring.github_token", "gihtub-token"),
        "goal-mandala:monitoring.github_token: 'gihtub-token' is no entry of secrets.external (external-api, "
        "github-token): add it there with the store that holds it",
        id="token that is nowhere",
    ),
    pytest.param(
        put("workflow.model", {"provider": "openai", "id": "gpt-4.1-mini"}),
        "goal-mandala:workflow.model.key: is missing",
        id="model of another company without a key",
    ),
    pytest.param(
        put("workflow.model.provider", "openia"),
        "goal-mandala:workflow.model.provider: should be 'bedrock', 'openai', 'gemini' (got 'openia')",
        id="unknown company",
    ),
    pytest.param(
        put(
            "secrets.external",
            {
                "github-token": {"store": "secrets_manager", "description": "x"},
                "openai": {"store": "parameter_store", "parameter": "no-slash"},
            },
        ),
        "goal-mandala:secrets.external.openai.parameter: should match pattern "
        "'^/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$' (got 'no-slash')",
        id="an entry that is called like an alternative",
    ),
    pytest.param(
        lambda document: (put("network.nat", "none")(document), put("network.endpoints", ["secretsmanager"])(document)),
        "goal-mandala:network.nat: is 'none', so that functions cannot reach the services outside AWS that "
        "monitoring.mode 'scheduled' needs: choose 'single' or 'one_per_az'",
        id="a service that is out of reach",
    ),
    pytest.param(
        put("monitoring.schedule.expression", "cron(0 17 * * *)"),
        "goal-mandala:monitoring.schedule.expression: has 5 fields and EventBridge takes 6 (minutes, hours, day of "
        "month, month, day of week, year), such as cron(0 17 * * ? *) (got 'cron(0 17 * * *)')",
        id="cron of Unix",
    ),
    pytest.param(
        put("databse", {}),
        "goal-mandala:databse: is not a known section: the sections are stack, encryption, network, database, "
        "secrets, functions, api, workflow, monitoring, retention, frontend, audit, artifacts, observability, "
        "slack_webhook_url",
        id="unknown section",
    ),
    pytest.param(
        drop("workflow"),
        "goal-mandala:workflow: is missing: copy the section from Pulumi.dev.yaml and adapt it",
        id="missing section",
    ),
    pytest.param(drop("frontend.price_class"), "goal-mandala:frontend.price_class: is missing", id="missing key"),
    pytest.param(
        drop("slack_webhook_url"),
        "goal-mandala:slack_webhook_url: is missing: set it with 'pulumi config set --secret slack_webhook_url'",
        id="missing secret",
    ),
    pytest.param(
        lambda document: document.pop("aws:region"),
        "aws:region: is missing: name the region, such as ap-northeast-1",
        id="missing region",
    ),
    pytest.param(put("api", "v1"), "goal-mandala:api: should be a mapping (got 'v1')", id="text for a section"),
    pytest.param(
        put("api.throttle.burst_limit", 20),
        "goal-mandala:api.throttle: burst_limit (20) must be at least rate_limit (1000)",
        id="burst below rate",
    ),
    pytest.param(
        put("database.engine.min_capacity", 3.0),
        "goal-mandala:database.engine: min_capacity (3) must not be above max_capacity (2)",
        id="capacity",
    ),
    pytest.param(
        put("database.engine.mode", "serverless"),
        "goal-mandala:database.engine: mode should be 'serverless_v2', 'provisioned' or 'external' (got 'serverless')",
        id="engine",
    ),
    pytest.param(
        put("database.application_user", "administrator"),
        "goal-mandala:database: application_user (administrator) must be neither the administrator (administrator) "
        "nor end in _clone, which rotation adds for the second of its two users: choose another name",
        id="application is administrator",
    ),
    pytest.param(
        put("database.maintenance_window", "sun:03:30-sun:04:30"),
        "goal-mandala:database: backup.window (03:00-04:00) and maintenance_window (sun:03:30-sun:04:30) overlap, "
        "which RDS refuses: move one of them",
        id="windows overlap",
    ),
    pytest.param(
        put("database.backup.window", "03:00-03:20"),
        "goal-mandala:database: backup.window lasts 20 minutes and RDS wants at least 30: widen it",
        id="short window",
    ),
    pytest.param(
        put("database.engine.reader_scaling", {"min_readers": 3, "max_readers": 2, "cpu_percent": 70}),
        "goal-mandala:database.engine.reader_scaling: min_readers (3) must not be above max_readers (2)",
        id="reader scaling",
    ),
    pytest.param(
        put("database.pooling", {"mode": "none", "max_connections": 45, "max_connections_percent": 90}),
        "goal-mandala:database.pooling.max_connections_percent: is not a known key: check its spelling, or remove it",
        id="field of another alternative",
    ),
    pytest.param(
        put("database.pooling.mode", "pgbouncer"),
        "goal-mandala:database.pooling.mode: should be 'none', 'rds_proxy' (got 'pgbouncer')",
        id="unknown alternative",
    ),
    pytest.param(put("database.pooling", {}), "goal-mandala:database.pooling.mode: is missing", id="which alternative"),
    pytest.param(
        put("network.nat", "none"),
        "goal-mandala:network: nat is 'none' and endpoints lacks 'secretsmanager', so that functions could read no "
        "secret: add the endpoint, or choose nat 'single'",
        id="nothing in reach",
    ),
    pytest.param(
        put("api.integration_timeout_ms", 30000),
        "goal-mandala:api: integration_timeout_ms (30000) must not be above 29000, API Gateway's limit: answer 202 and "
        "let the caller poll for what takes longer",
        id="integration timeout",
    ),
    pytest.param(
        put(
            "functions.insights_layer_arn",
            "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension-Arm64:20",
        ),
        "goal-mandala:functions.insights_layer_arn: is in eu-west-1 and the functions in aws:region 'ap-northeast-1': "
        "a function uses layers of its own region only",
        id="layer elsewhere",
    ),
    pytest.param(
        put(
            "api.domain",
            {
                "name": "api.example.com",
                "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/1234",
                "hosted_zone_id": None,
            },
        ),
        "goal-mandala:api.domain.certificate_arn: is in us-east-1 and the API in aws:region 'ap-northeast-1': a "
        "regional API takes a certificate of its own region only",
        id="certificate elsewhere",
    ),
    pytest.param(
        put(
            "api.waf",
            {
                "mode": "regional",
                "per_ip_limit": {"requests": 100, "window_seconds": 900, "message": "Too many requests from this IP"},
                "managed_rule_groups": [],
                "log_retention_days": 30,
            },
        ),
        "goal-mandala:api.waf.per_ip_limit.window_seconds: must be one of 60, 120, 300, 600, the windows that WAF "
        "counts over: take 600 and the number of requests that is right for 600 seconds (got 900)",
        id="fifteen minutes",
    ),
    pytest.param(
        put("api.cors", {"origins": ["*"], "credentials": True}),
        "goal-mandala:api.cors: origins ['*'] must not be combined with credentials, which no browser accepts (Fetch "
        "standard, CORS protocol and credentials): name the sites, such as 'site', or set credentials to false",
        id="any origin with credentials",
    ),
    pytest.param(
        put("functions.runtime", "nodejs18.x"),
        "goal-mandala:functions.runtime: should be one of 'python3.11' (until 2027-06-30), 'python3.12' (until "
        "2028-10-31), 'python3.13' (until 2029-06-30): the functions are written in Python (got 'nodejs18.x')",
        id="runtime of another language",
    ),
    pytest.param(
        put("api.cognito.mfa", "off"),
        "goal-mandala:api.cognito: threat_protection answers with MFA_IF_CONFIGURED and mfa is 'off', so nobody has a "
        "second factor: set mfa to 'optional', or answer with BLOCK or NO_ACTION",
        id="a factor that nobody has",
    ),
    pytest.param(
        put("workflow.generate_timeout_seconds", 900),
        "goal-mandala:workflow: generate_timeout_seconds (900) must be below timeout_seconds (900): a machine's "
        "timeout cannot be caught, so no failure would be handled",
        id="task as long as its machine",
    ),
    pytest.param(
        put("network.availability_zones", ["us-east-1a", "ap-northeast-1c"]),
        "goal-mandala:network.availability_zones: ['us-east-1a'] are not in aws:region 'ap-northeast-1'",
        id="zone outside the region",
    ),
    pytest.param(
        put("observability.alarms.1.name", "api-errors"),
        "goal-mandala:observability: alarms ['api-errors'] are named twice: each alarm rule needs a name of its own",
        id="duplicate alarm names",
    ),
    pytest.param(
        put("observability.alarms.0.period_seconds", 45),
        "goal-mandala:observability.alarms.0: period_seconds (45) must be 10, 30 or a multiple of 60",
        id="period",
    ),
    pytest.param(
        put("observability.alarms.4.threshold", 20),
        "goal-mandala:observability.alarms.4: threshold (20) of 'function_duration' cannot be meant: the metric is in "
        "milliseconds, from 100 to 900000; 20 s is 20000",
        id="seconds for milliseconds",
    ),
    pytest.param(
        put("observability.alarms.0.period_seconds", 300),
        "goal-mandala:observability: alarms: ['api_5xx'] are critical but no critical rule about them is raised within "
        "five minutes (row 235): add a rule with period_seconds 60 and at most 5 periods",
        id="critical and slow",
    ),
    pytest.param(
        put("observability.alarms.0.severity", "urgent"),
        "goal-mandala:observability.alarms.0.severity: should be 'critical', 'high', 'medium' or 'warning' "
        "(got 'urgent')",
        id="inside a list",
    ),
    pytest.param(
        put("functions.runtime", "python3.8"),
        "goal-mandala:functions.runtime: is a runtime whose support ended on 2024-10-14: take one of 'python3.11' "
        "(until 2027-06-30), 'python3.12' (until 2028-10-31), 'python3.13' (until 2029-06-30) (got 'python3.8')",
        id="runtime",
    ),
    pytest.param(
        put("functions.log_retention_days", 31),
        "goal-mandala:functions.log_retention_days: should be 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, "
        "545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 (got 31)",
        id="retention",
    ),
    pytest.param(
        put("api.cognito.domain_prefix", "my-aws-app"),
        "goal-mandala:api.cognito.domain_prefix: must not contain 'aws', which Cognito reserves (got 'my-aws-app')",
        id="reserved word",
    ),
]
