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
from components.parts.dependencies import Dependencies, DependenciesArgs
from components.parts.function import Platform
from components.parts.grant import Grant
from components.parts.model_access import asks_model
from components.parts.naming import Naming
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
    region=settings.region,
    account_id=caller.account_id,
)

keys = Encryption("encryption", EncryptionArgs(settings=settings.encryption, stack=stack), options).keys()
network = Network("network", NetworkArgs(settings=settings.network, stack=stack), options)
topics = Topics("topics", TopicsArgs(stack=stack, keys=keys), options)
database = Database(
    "database",
    DatabaseArgs(
        settings=settings.database,
        stack=stack,
        keys=keys,
        subnet_ids=network.private_subnet_ids,
        security_group_id=network.database_security_group_id,
    ),
    options,
)
dependencies = Dependencies("dependencies", DependenciesArgs(settings=settings.functions, stack=stack), options)
platform = Platform(
    settings=settings.functions,
    stack=stack,
    layer_arn=dependencies.layer_arn,
    logs_key_arn=keys.logs,
    subnet_ids=network.private_subnet_ids,
    security_group_id=network.functions_security_group_id,
)
generation = Workflow(
    "generation",
    WorkflowArgs(
        role="task-generation",
        platform=platform,
        steps=task_generation.steps(
            database=database.connects(),
            alerts=topics.publishes_alerts(),
            model=asks_model(settings.workflow.model, stack),
        ),
        definition=functools.partial(task_generation.definition, settings=settings.workflow),
        log_retention_days=settings.workflow.log_retention_days,
        runbook="task-generation.md",
    ),
    options,
)
frontend = Frontend("frontend", FrontendArgs(settings=settings.frontend, stack=stack), options)
called_by_site = database.connects() | Grant(environment={"CORS_ORIGINS": frontend.origin})
api = ApiLayer(
    "api",
    ApiLayerArgs(
        settings=settings.api,
        platform=platform,
        functions={
            "goals": called_by_site,
            "tasks": called_by_site,
            "ai": called_by_site | generation.starts(),
            "health": database.connects() | Grant(environment={"RELEASE": settings.stack.release}),
        },
        site_origin=frontend.origin,
    ),
    options,
)
SiteConfiguration(
    "site",
    SiteConfigurationArgs(
        bucket_name=frontend.bucket_name, values={**api.site_values(), "release": settings.stack.release}
    ),
    options,
)
Observability(
    "observability",
    ObservabilityArgs(
        settings=settings.observability,
        platform=platform,
        keys=keys,
        alerts_topic_arn=topics.alerts_arn,
        pages_topic_arn=topics.pages_arn,
        slack_webhook_url=pulumi.Config(config.PROJECT).require_secret("slack_webhook_url"),
        signals=[*database.signals(), *generation.signals(), *api.signals()],
    ),
    options,
)

for owner in (topics, database, generation, frontend, api):
    for name, value in owner.exports().items():
        pulumi.export(name, value)
