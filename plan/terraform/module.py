"""All resources of a graph as Terraform's: their addresses, providers, references, life cycles."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from plan.graph import Graph, Resource
from plan.terraform import generated
from plan.terraform.names import NEWER, STAND_IN, label, terraform_property
from plan.terraform.references import Pairs, Reader, References
from plan.terraform.schema import SchemaError, load
from plan.terraform.translate import TranslationError, Translator, argument_path

STRING = "string"
PROVIDER = "pulumi:providers:aws"
# A plan without an account: nothing is asked before it is made.
OFFLINE = {"skip_credentials_validation": True, "skip_metadata_api_check": True, "skip_requesting_account_id": True}


class Module:
    """One graph under translation.

    `faults` collects what has no translation, `newer` the resources that need a newer provider and why, `assets` the
    files that are needed.
    """

    FAULTS: ClassVar[tuple[type[Exception], ...]] = (TranslationError, SchemaError, LookupError)

    def __init__(self, graph: Graph, secrets: dict[str, str]) -> None:
        self.graph = graph
        self.schema = load()
        self.version = self.schema.version
        self.faults: list[str] = []
        self.assets: dict[str, str] = {}
        self.newer: list[str] = []
        self.by_urn = {resource.urn: resource for resource in graph.resources}
        self.addresses: dict[str, tuple[str, str]] = {}
        self.resources = [r for r in graph.resources if r.registration.custom and r.type != PROVIDER and self._place(r)]
        self.regions = {r.urn: str(r.inputs["region"]) for r in graph.of_type(PROVIDER)}
        used = Counter(resource.registration.provider.rsplit("::", 1)[0] for resource in self.resources)
        self.main = max(self.regions, key=lambda urn: used[urn])
        self.aliases: dict[tuple[str, str], str] = {}
        self.references = References(variables={text: name for name, text in secrets.items()})
        for resource in self.resources:
            self.references.add(resource, *self._values(resource))

    def _place(self, resource: Resource) -> bool:
        """Give the resource its address; False, and a fault, when its type is unknown."""
        try:
            type_ = STAND_IN if _is_random(resource) else self.schema.type_of(resource.type)
        except SchemaError as fault:
            self.faults += [] if str(fault) in self.faults else [str(fault)]
            return False
        if type_ == STAND_IN and not _is_random(resource):
            reason = NEWER[resource.type]
            self.newer.append(f"{resource.name} ({resource.type}): {reason} in provider {self.version}")
        name = label(resource.name)
        if (type_, name) in self.addresses.values():
            parent = self.by_urn[resource.registration.parent]
            name = f"{label(parent.name)}-{name}"
        if (type_, name) in self.addresses.values():
            self.faults.append(f"{resource.urn}: another {type_} is named '{name}' too: rename one of them")
            return False
        self.addresses[resource.urn] = (type_, name)
        return True

    def component(self, resource: Resource) -> str:
        """The name of the component right under the stack that holds the resource."""
        while resource.registration.parent in self.by_urn:
            resource = self.by_urn[resource.registration.parent]
        return label(resource.name) if not resource.registration.custom else "stack"

    def _values(self, resource: Resource) -> tuple[Pairs, Pairs]:
        """What others can refer to: the inputs, known before a plan, and what the resource computes, its ARN first."""
        type_, name = self.addresses[resource.urn]
        address = f"{type_}.{name}"
        computed = {key: value for key, value in resource.outputs.items() if key not in resource.inputs}
        if _is_random(resource):
            outputs = generated.expressions(resource.type, resource.inputs, address)
            return [], [(str(computed[key]), text) for key, text in outputs.items() if key in computed]
        if type_ == STAND_IN:
            return [], [(resource.id, f"{address}.id")]
        block = self.schema.resources[type_]
        kinds = {**block.attributes, **block.computed}

        def pairs(values: Iterable[tuple[str, Any]]) -> Pairs:
            named = [(terraform_property(key, kinds, type_), value) for key, value in values]
            return [pair for key, value in named if key for pair in _texts(value, kinds[key], f"{address}.{key}")]

        secrets = resource.registration.secrets
        plain = sorted(item for item in resource.inputs.items() if item[0] not in secrets)
        echoed = [(key, value) for key, value in plain if isinstance(value, str)]
        return pairs(echoed), pairs(_arn_first({"id": resource.id, **computed}))

    def _reader(self, resource: Resource, key: str) -> Reader:
        owners = resource.registration.property_dependencies.get(key, ())
        return self.references.reader(itself=resource.urn, owners=owners)

    def body(self, resource: Resource) -> dict[str, Any]:
        """The arguments and meta-arguments of a resource."""
        type_, _ = self.addresses[resource.urn]
        if _is_random(resource):
            result, used = generated.body(resource.inputs), set[str]()
        else:
            result, used = self._newer(resource) if type_ == STAND_IN else self._arguments(resource, type_)
        waits = {urn for urn in resource.registration.dependencies if urn in self.addresses} - used - {resource.urn}
        if waits:
            result["depends_on"] = sorted(".".join(self.addresses[urn]) for urn in waits)
        lifecycle = self._lifecycle(resource, type_)
        if lifecycle:
            result["lifecycle"] = [lifecycle]
        return result

    def _arguments(self, resource: Resource, type_: str) -> tuple[dict[str, Any], set[str]]:
        """The arguments, and the resources that they refer to."""
        block = self.schema.resources[type_]
        translator = Translator(type_=type_, assets=self.assets)
        result: dict[str, Any] = {}
        used: set[str] = set()
        for key, value in resource.inputs.items():
            if key == "region":
                continue
            reader = self._reader(resource, key)
            translator.template = reader.template
            result |= translator.body({key: value}, block)
            used |= reader.used
        alias = self._alias(resource)
        if alias:
            result["provider"] = f"aws.{alias}"
        if "filename" in result and "source_code_hash" in block.attributes:
            result["source_code_hash"] = f'${{filebase64sha256("{result["filename"]}")}}'
        name = resource.outputs.get("name")
        named = terraform_property("name", block.attributes, type_)
        if name and named and named not in result:
            result[named] = name
        return result, used

    def _newer(self, resource: Resource) -> tuple[dict[str, Any], set[str]]:
        """The inputs under Pulumi's names, and the resources that they refer to."""
        inputs: dict[str, Any] = {}
        used: set[str] = set()
        for key, value in resource.inputs.items():
            reader = self._reader(resource, key)
            inputs[key] = Translator(type_=resource.type, template=reader.template).plain(value)
            used |= reader.used
        return {"input": {"type": resource.type, "inputs": inputs}}, used

    def _lifecycle(self, resource: Resource, type_: str) -> dict[str, Any]:
        options = resource.options
        result: dict[str, Any] = {"prevent_destroy": True} if options.get("protect") else {}
        if type_ != STAND_IN and not options.get("delete_before_replace") and not _has_fixed_name(resource):
            result["create_before_destroy"] = True
        ignored = options.get("ignore_changes", [])
        if ignored and type_ != STAND_IN:
            block = self.schema.resources[type_]
            result["ignore_changes"] = [argument_path(change, block, type_) for change in ignored]
        return result

    def _alias(self, resource: Resource) -> str:
        """The provider's alias for another provider or another region than the main one's; empty for that one."""
        urn = resource.registration.provider.rsplit("::", 1)[0] or self.main
        region = str(resource.inputs.get("region") or self.regions[urn])
        if (urn, region) == (self.main, self.regions[self.main]):
            return ""
        name = region if urn == self.main else f"{label(self.by_urn[urn].name)}-{region}"
        return self.aliases.setdefault((urn, region), name)

    def providers(self) -> list[dict[str, Any]]:
        """The main provider, and one per further region or provider in use."""
        places = {(self.main, self.regions[self.main]): "", **self.aliases}
        return [self._provider(urn, region, alias) for (urn, region), alias in places.items()]

    def _provider(self, urn: str, region: str, alias: str) -> dict[str, Any]:
        """Pulumi hands structures to a provider as JSON texts."""
        inputs = {}
        for key, value in self.by_urn[urn].inputs.items():
            try:
                inputs[key] = json.loads(value)
            except ValueError:
                inputs[key] = value
        translator = Translator(type_="provider aws")
        body = {**translator.body(inputs, self.schema.provider), "region": region, **OFFLINE}
        return {**body, "alias": alias} if alias else body

    def outputs(self) -> dict[str, Any]:
        """The stack's exports: without recorded dependencies, what one resource alone computes is its reference."""
        result = {}
        reader = self.references.anyone()
        for name, value in sorted(self.graph.exports.items()):
            text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
            result[name] = {"value": reader.template(text), "sensitive": name in self.graph.export_secrets}
        return result


def _is_random(resource: Resource) -> bool:
    return resource.type.startswith("random:")


def _has_fixed_name(resource: Resource) -> bool:
    """Whether Pulumi would delete before it replaces, since two resources cannot have one name."""
    names = {"name", "identifier", "dashboardName"} | ({"bucket"} if resource.type.endswith(":Bucket") else set())
    return bool(names & set(resource.inputs))


def _texts(value: Any, kind: Any, expression: str) -> Iterator[tuple[str, str]]:
    """Every text of a value with its expression, by the Terraform type of the value."""
    if kind == STRING and isinstance(value, str) and len(value) > 1:
        yield value, expression
    elif isinstance(kind, list) and kind[0] in {"list", "set"} and isinstance(value, list):
        many = expression if kind[0] == "list" else f"tolist({expression})"
        for index, item in enumerate(value):
            yield from _texts(item, kind[1], f"{many}[{index}]")
    elif isinstance(kind, list) and kind[0] == "object" and isinstance(value, dict):
        for name, item in value.items():
            key = terraform_property(name, kind[1], "")
            if key:
                yield from _texts(item, kind[1][key], f"{expression}.{key}")


def _arn_first(values: dict[str, Any]) -> list[tuple[str, Any]]:
    order = {"arn": 0, "id": 1}
    return sorted(values.items(), key=lambda item: (order.get(item[0], 2), item[0]))
