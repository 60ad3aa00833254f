"""The system, as one stack: its components and how they are wired."""

import functools

import pulumi
import pulumi_aws as aws

import config
from components.api_layer import ApiLayer, ApiLayerArgs
from components.database import Database, DatabaseArgs
from components.definitions import task_generation
from components.encryption import Encryption, EncryptionArgs
from components.frontend import Frontend, FrontendArgs
from components.network import Network, NetworkArgs
from components.observability import Observability, ObservabilityArgs
from components.parts.application_secrets import ApplicationSecrets, ApplicationSecretsArgs
from components.parts.background import BackgroundFunction
from components.parts.dependencies import Dependencies, DependenciesArgs
from components.parts.function import FailedEvents, Platform
from components.parts.grant import Grant
from components.parts.model_access import asks_model
from components.parts.naming import Naming
from components.parts.records import Records, RecordsArgs
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
stack = Stack(
    naming=Naming(prefix=settings.stack.name_prefix, overrides=settings.stack.name_overrides),
    stage=settings.stack.stage,
    release=settings.stack.release,
    region=settings.region,
    account_id=caller.account_id,
)

keys = Encryption("encryption", EncryptionArgs(settings=settings.encryption, stack=stack), options).keys()
network = Network("network", NetworkArgs(settings=settings.network, stack=stack, keys=keys), options)
topics = Topics("topics", TopicsArgs(settings=settings.encryption, stack=stack, keys=keys), options)
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
secrets = ApplicationSecrets(
    "secrets", ApplicationSecretsArgs(settings=settings.secrets, stack=stack, keys=keys), options
)
model = asks_model(settings.workflow.model, stack)
generation = Workflow(
    "generation",
    WorkflowArgs(
        role="task-generation",
        platform=platform,
        steps=task_generation.steps(database=database.connects(), alerts=topics.publishes_alerts(), model=model),
        definition=functools.partial(task_generation.definition, settings=settings.workflow),
        log_retention_days=settings.workflow.log_retention_days,
        runbook="task-generation.md",
        keys=keys,
        ending=database.connects() | topics.publishes_alerts(),
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
            **dict.fromkeys(("goals", "reflections", "sources", "tasks"), database.connects()),
            "ai": database.connects() | generation.starts(),
            "auth": database.connects() | secrets.signs_tokens(),
            "health": database.connects() | Grant(environment={"RELEASE": settings.stack.release}),
        },
        background={"propose": BackgroundFunction(invoked_by="ai", grant=database.connects() | model)},
        failed_events=FailedEvents(destination_arn=topics.alerts_arn, grant=topics.publishes_alerts()),
        site_origin=frontend.origin,
    ),
    options,
)
SiteConfiguration("site", SiteConfigurationArgs(bucket_name=frontend.bucket_name, values=api.site_values()), options)
observability = Observability(
    "observability",
    ObservabilityArgs(
        settings=settings.observability,
        platform=platform,
        keys=keys,
        channels=topics.channels(),
        slack_webhook_url=pulumi.Config(config.PROJECT).require_secret("slack_webhook_url"),
        signals=[*database.signals(), *secrets.signals(), *generation.signals(), *api.signals(), *frontend.signals()],
        tags=tags,
        trail_log_group=records.trail_log_group,
    ),
    options,
)

for owner in (topics, records, database, secrets, generation, frontend, api, observability):
    for name, value in owner.exports().items():
        pulumi.export(name, value)
