"""Resources that the emulator does not hold: written down, so that the twin shows them and can say why.

Their ids and ARNs are well-formed; nothing stands behind them. Each type gives the reason.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from plan.account import Created
from twin.handlers.handler import Handler, Order


@dataclass(frozen=True, kw_only=True)
class Entry(Handler):
    """A resource on paper. `arn` is the resource part of its ARN with `{name}` in it; empty when it has none."""

    reason: str
    service: str = ""
    arn: str = ""
    named: str = "name"

    def create(self, order: Order) -> Created:
        """Write it down."""
        name = order.name(self.named)
        outputs = {self.named: name}
        if self.arn:
            outputs["arn"] = order.arn(self.service, self.arn.format(name=name))
        return Created(id=name, outputs=outputs)

    def update(self, order: Order, existing: Created) -> Created:
        """Write it anew."""
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """Nothing holds it."""


class Provider(Entry):
    """The provider that the program configures: the twin's account plays it."""

    def create(self, order: Order) -> Created:
        """A provider has an id and nothing else."""
        return Created(id=hashlib.sha256(order.registration.urn.encode()).hexdigest()[:32])


class Record(Entry):
    """A record of a zone: the edge plays the names of the stack, and no other zone exists here."""

    def create(self, order: Order) -> Created:
        """A record is known by zone, name and type."""
        zone, name, kind = (str(order.inputs[key]) for key in ("zoneId", "name", "type"))
        return Created(id=f"{zone}_{name}_{kind}", outputs={"fqdn": name.removesuffix(".")})


class Proxy(Entry):
    """RDS Proxy on paper: functions reach the twin's PostgreSQL itself, so that its endpoint is the server's."""

    def create(self, order: Order) -> Created:
        """Write it down, with the address of the one server there is."""
        created = super().create(order)
        return Created(id=created.id, outputs={**created.outputs, "endpoint": order.cloud.database_host})


_NO_PROXY = "the emulator has no RDS Proxy: functions reach PostgreSQL itself"
_NO_BACKUP = "no snapshot is taken of the twin's PostgreSQL"
_PLAYED = "the twin itself plays the provider"
_NO_CODEDEPLOY = "the emulator has no CodeDeploy"
_NO_SCALING = "the emulator has no Application Auto Scaling"

HANDLERS: dict[str, Handler] = {
    "pulumi:providers:aws": Provider(reason=_PLAYED),
    "pulumi:providers:awsx": Provider(reason=_PLAYED),
    "pulumi:providers:random": Provider(reason=_PLAYED),
    "aws:backup/plan:Plan": Entry(reason=_NO_BACKUP, service="backup", arn="backup-plan:{name}"),
    "aws:backup/selection:Selection": Entry(reason=_NO_BACKUP),
    "aws:secretsmanager/secretRotation:SecretRotation": Entry(
        reason="the emulator's RotateSecret replaces the current value and calls no function", named="secretId"
    ),
    "aws:rds/proxy:Proxy": Proxy(reason=_NO_PROXY, service="rds", arn="db-proxy:{name}"),
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": Entry(reason=_NO_PROXY),
    "aws:rds/proxyTarget:ProxyTarget": Entry(reason=_NO_PROXY),
    "aws:route53/record:Record": Record(reason="the edge plays the stack's names, and zones are not the stack's"),
    "aws:acm/certificateValidation:CertificateValidation": Entry(
        reason="the emulator issues certificates at once", named="certificateArn"
    ),
    "aws:cloudwatch/queryDefinition:QueryDefinition": Entry(reason="the emulator keeps no saved queries"),
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": Entry(
        reason="the emulator has no Cost Explorer", service="ce", arn="anomalymonitor/{name}"
    ),
    "aws:costexplorer/anomalySubscription:AnomalySubscription": Entry(
        reason="the emulator has no Cost Explorer", service="ce", arn="anomalysubscription/{name}"
    ),
    "aws:costexplorer/costAllocationTag:CostAllocationTag": Entry(
        reason="the emulator has no Cost Explorer", named="tagKey"
    ),
    "aws:xray/group:Group": Entry(
        reason="the emulator keeps no traces", service="xray", arn="group/{name}", named="groupName"
    ),
    "aws:cognito/riskConfiguration:RiskConfiguration": Entry(
        reason="the emulator assesses no sign-ins", named="userPoolId"
    ),
    "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration": Entry(
        reason="the emulator's user pools deliver no logs", named="userPoolId"
    ),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": Entry(
        reason="the emulator has no logs of web ACLs", named="resourceArn"
    ),
    "aws:codedeploy/application:Application": Entry(
        reason=_NO_CODEDEPLOY, service="codedeploy", arn="application:{name}"
    ),
    "aws:codedeploy/deploymentGroup:DeploymentGroup": Entry(reason=_NO_CODEDEPLOY, named="deploymentGroupName"),
    "aws:appautoscaling/target:Target": Entry(reason=_NO_SCALING, named="resourceId"),
    "aws:appautoscaling/policy:Policy": Entry(reason=_NO_SCALING),
}


def reason(type_: str) -> str:
    """Why nothing stands behind a resource of this type; empty when the emulator holds it."""
    entry = HANDLERS.get(type_)
    return entry.reason if isinstance(entry, Entry) else ""
