"""The system, as one stack: its components and how they are wired."""

import pulumi
import pulumi_aws as aws

import config
from components.api_layer import ApiLayer, ApiLayerArgs
from components.database import Database, DatabaseArgs
from components.definitions import repository_monitoring, task_generation
from components.encryption import Encryption, EncryptionArgs
from components.frontend import Frontend, FrontendArgs
from components.network import Network, NetworkArgs
from components.observability import Observability, ObservabilityArgs
from components.parts.activities import Activities, ActivitiesArgs
from components.parts.application_secrets import ApplicationSecrets, ApplicationSecretsArgs
from components.parts.background import BackgroundFunction
from components.parts.dependencies import Dependencies, DependenciesArgs
from components.parts.function import FailedEvents, Platform
from components.parts.grant import Grant
from components.parts.model_access import asks_model, limits_model_calls
from components.parts.owner import Owner
from components.parts.records import Records, RecordsArgs
from components.parts.retention import Retention, RetentionArgs
from components.parts.site_configuration import SiteConfiguration, SiteConfigurationArgs
from components.parts.stack import Stack
from components.parts.topics import Topics, TopicsArgs
from components.workflow import Workflow, WorkflowArgs
from settings.stack import tag_names

settings = config.load()
tags = {"Project": config.PROJECT, "ManagedBy": "pulumi", **tag_names(settings.stack.tags)}
provider = aws.Provider("aws", region=settings.region, default_tags={"tags": tags})
options = pulumi.ResourceOptions(providers=[provider])
caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=provider))
stack = Stack.of(settings.stack, region=settings.region, account_id=caller.account_id)

keys = Encryption("encryption", EncryptionArgs(settings=settings.encryption, stack=stack), options).keys()
network = Network("network", NetworkArgs(settings=settings.network, stack=stack, keys=keys), options)
topics = Topics("topics", TopicsArgs(settings=settings.encryption, stack=stack, keys=keys), options)
secrets = ApplicationSecrets(
    "secrets", ApplicationSecretsArgs(settings=settings.secrets, stack=stack, keys=keys), options
)
records = Records(
    "records", RecordsArgs(audit=settings.audit, artifacts=settings.artifacts, stack=stack, keys=keys), options
)
dependencies = Dependencies("dependencies", DependenciesArgs(settings=settings.functions, stack=stack), options)
platform = Platform(
    settings=settings.functions,
    stack=stack,
    layer_arn=dependencies.layer_arn,
    logs_key_arn=keys.logs,
    subnet_ids=network.private_subnet_ids,
    security_group_id=network.functions_security_group_id,
    alerts_topic_arn=topics.alerts_arn,
)
database = Database(
    "database",
    DatabaseArgs(settings=settings.database, platform=platform, keys=keys, vpc_id=network.vpc_id, zones=network.zones),
    options,
)
rows, alerts = database.connects(), topics.publishes_alerts()
model = asks_model(settings.workflow.model, stack, reads=secrets.reads)
work = task_generation.work(settings.workflow, database=rows, alerts=alerts, model=model)
generation = Workflow(
    "generation", WorkflowArgs(work=work, platform=platform, keys=keys, ending=rows | alerts), options
)
lost = FailedEvents(destination_arn=topics.alerts_arn, grant=alerts)
retention = Retention(
    "retention",
    RetentionArgs(
        settings=settings.retention, platform=platform, keys=keys, grant=rows, failed_events=lost, logs=records.logs
    ),
    options,
)
frontend = Frontend(
    "frontend", FrontendArgs(settings=settings.frontend, waf=settings.api.waf, stack=stack, logs=records.logs), options
)
api = ApiLayer(
    "api",
    ApiLayerArgs(
        settings=settings.api,
        platform=platform,
        functions={
            **dict.fromkeys(("goals", "reflections", "sources", "tasks"), rows),
            "ai": rows | generation.starts() | limits_model_calls(settings.workflow.daily_model_calls),
            "auth": rows | secrets.signs_tokens(),
            "health": rows | Grant(environment={"RELEASE": settings.stack.release}),
        },
        background={"propose": BackgroundFunction(invoked_by="ai", grant=rows | model)},
        failed_events=lost,
        site_origin=frontend.origin,
    ),
    options,
)
SiteConfiguration("site", SiteConfigurationArgs(bucket_name=frontend.bucket_name, values=api.site_values()), options)
watched: list[Owner] = [database, secrets, generation, retention, api, frontend]
for monitoring in settings.monitoring.scheduled:  # once, or not at all
    consumer = ActivitiesArgs(settings=monitoring, platform=platform, keys=keys, grant=rows | model)
    activities = Activities("activities", consumer, options)
    github = secrets.reads(monitoring.github_token, "GITHUB_TOKEN_ARN")
    work = repository_monitoring.work(monitoring, database=rows, github=github, queue=activities.sends())
    watched += [activities, Workflow("monitoring", WorkflowArgs(work=work, platform=platform, keys=keys), options)]
observability = Observability(
    "observability",
    ObservabilityArgs(
        settings=settings.observability,
        platform=platform,
        keys=keys,
        channels=topics.channels(),
        slack_webhook_url=pulumi.Config(config.PROJECT).require_secret("slack_webhook_url"),
        signals=[signal for owner in watched for signal in owner.signals()],
        tags=tags,
        trail_log_group=records.trail_log_group,
    ),
    options,
)

for exported in (topics.exports(), records.exports(), observability.exports(), *(owner.exports() for owner in watched)):
    for name, value in exported.items():
        pulumi.export(name, value)
