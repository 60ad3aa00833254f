"""The third-party libraries of all functions, as one Lambda layer."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.package import layer
from components.parts.stack import Stack
from settings.functions import FunctionSettings


@dataclass(frozen=True, kw_only=True)
class DependenciesArgs:
    """What the layer is built for."""

    settings: FunctionSettings
    stack: Stack


class Dependencies(pulumi.ComponentResource):
    """One layer with the locked libraries, for the functions' runtime and architecture."""

    layer_arn: pulumi.Output[str]

    def __init__(self, name: str, args: DependenciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Publish the layer."""
        super().__init__("mandala:parts:Dependencies", name, None, opts)
        settings = args.settings
        version = aws.lambda_.LayerVersion(
            f"{name}-layer",
            layer_name=args.stack.naming.of("function", "dependencies"),
            description="The libraries that the functions share",
            code=pulumi.FileArchive(layer(settings.runtime, settings.architecture)),
            compatible_runtimes=[settings.runtime],
            compatible_architectures=[settings.architecture],
            # A version that a running function still uses may go: the function keeps its copy.
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.layer_arn = version.arn
        self.register_outputs({"layer_arn": self.layer_arn})
