"""The monitor that the program talks to instead of the Pulumi engine: it sees every option of every resource."""

from __future__ import annotations

import asyncio
import functools
import importlib
import threading
import time
from collections.abc import Callable
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi import _types
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.sync_await import _sync_await

from plan import awsx_vpc
from plan.account import Account, Created, Registration
from plan.values import is_unknown, plain, secret_keys

STACK_TYPE = "pulumi:pulumi:Stack"
UNRESOLVED_FORMATTING = "Calling __str__ on an Output[T] is not supported"


class RegistrationError(Exception):
    """A resource could not be registered; the message names it."""


@functools.cache
def declared_outputs(token: str) -> tuple[str, ...]:
    """Names of the outputs which the SDK's class for `token` declares as always present."""
    for modules in rpc._RESOURCE_MODULES.values():
        for module in modules:
            info = getattr(module, "mod_info", None) or {}
            if token in info.get("classes", {}):
                cls = getattr(importlib.import_module(info["fqn"]), info["classes"][token])
                properties = _types._py_properties(cls)
                return tuple(
                    name
                    for _, name, prop in properties
                    if "Optional[" not in str(prop.fget.__annotations__.get("return"))
                )
    return ()


class Monitor(mocks.MockMonitor):
    """Records registrations and asks the account for ids and outputs.

    `delay` is called before each registration (random delays expose missing dependencies). With `preview`, no
    computed output is known, as in the first `pulumi preview` of a stack.
    """

    def __init__(
        self,
        account: Account,
        *,
        preview: bool = False,
        delay: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(mocks=None)  # type: ignore[arg-type]  # every use of it is overridden below
        self.account = account
        self.preview = preview
        self.delay = delay
        self.lock = threading.Lock()
        self.registrations: dict[str, Registration] = {}
        self.created: dict[str, Created] = {}
        self.exports: dict[str, Any] = {}
        self.export_secrets: frozenset[str] = frozenset()
        self.errors: list[str] = []
        self.loops: set[asyncio.AbstractEventLoop] = set()

    def close(self) -> None:
        """Close the event loops of the threads that registered; those threads have ended by then."""
        for loop in self.loops:
            loop.close()
        self.loops.clear()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the real engine builds it: the whole chain of parent types."""
        if parent and f"::{STACK_TYPE}::" not in parent:
            type_ = parent.split("::")[2] + "$" + type_
        return f"urn:pulumi:{settings.get_stack()}::{settings.get_project()}::{type_}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the gRPC service's name
        """Record the resource, let the account create it, answer with its outputs."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        self._ensure_event_loop()
        if self.delay:
            time.sleep(self.delay())
        try:
            return self._register(urn, request)
        except Exception as error:
            with self.lock:
                self.errors.append(f"{urn}: {error}")
            raise RegistrationError(f"{urn}: {error}") from error

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Keep the stack's exports; components' outputs need no answer."""
        if f"::{STACK_TYPE}::" in request.urn:
            outputs = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
            self.export_secrets = secret_keys(outputs)
            self.exports.update(plain(outputs))
        return super().RegisterResourceOutputs(request)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        """Refused: a resource that is read from the world makes the plan depend on the world."""
        raise RegistrationError(
            f"{request.type} '{request.name}' is read with .get(); pass its name or ARN as a setting instead"
        )

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        """Answer a provider function through the account, which refuses what it does not know."""
        self._ensure_event_loop()
        arguments = plain(rpc.deserialize_properties(request.args, keep_unknowns=True))
        if request.tok == "pulumi:pulumi:getResource":
            return super().Invoke(request)
        try:
            answer = self.account.invoke(request.tok, arguments)
        except Exception as error:
            with self.lock:
                self.errors.append(f"invoke {request.tok}: {error}")
            raise
        returned: Any = {"return": _sync_await(rpc.serialize_properties(answer, {}))}  # a reserved word in Python
        return resource_pb2.ResourceInvokeResponse(**returned)

    def _ensure_event_loop(self) -> None:
        """Serializing needs an event loop, which the executor's threads do not have of themselves."""
        loop = mocks._ensure_event_loop()
        with self.lock:
            self.loops.add(loop)

    def _register(self, urn: str, request: Any) -> Any:
        registration = self._registration(urn, request)
        with self.lock:
            if urn in self.registrations:
                raise RegistrationError("a second resource with this name and parent: rename one of them")
            self.registrations[urn] = registration
        if request.remote:
            return self._expand(request, registration)
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        created = self._create(registration)
        state = self._state(request, created)
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, created.id, {})
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=rpc.UNKNOWN if self.preview else created.id, object=state
        )

    def _create(self, registration: Registration) -> Created:
        created = self.account.create(registration)
        with self.lock:
            self.created[registration.urn] = created
        return created

    def _registration(self, urn: str, request: Any) -> Registration:
        properties = rpc.deserialize_properties(request.object, keep_unknowns=True)
        inputs = plain(properties)
        by_property = {key: tuple(sorted(deps.urns)) for key, deps in request.propertyDependencies.items()}
        if not self.preview:
            for key, value in inputs.items():
                if is_unknown(value):
                    raise RegistrationError(
                        f"property '{key}' depends on an output that nobody supplied, of {by_property.get(key)}"
                    )
        if UNRESOLVED_FORMATTING.encode() in request.object.SerializeToString():
            raise RegistrationError(
                "a property was formatted from an Output as text: use Output.concat or Output.format"
            )
        return Registration(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=bool(request.custom),
            inputs=inputs,
            secrets=secret_keys(properties),
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies=by_property,
            provider=request.provider or request.providers.get("aws", ""),
            options=_options(request),
        )

    def _state(self, request: Any, created: Created) -> struct_pb2.Struct:
        """The inputs echoed as they came (secrets still wrapped), computed outputs over them, the rest unknown."""
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        if not self.preview:
            computed = _sync_await(rpc.serialize_properties(created.outputs, {}))
            for key in created.outputs:
                if key in computed:
                    state[key] = computed[key]
        for key in request.additionalSecretOutputs:
            if key in state and not _is_envelope(state.fields[key]):
                value = json_format.MessageToDict(state.fields[key])
                state[key] = {rpc._special_sig_key: rpc._special_secret_sig, "value": value}
        for key in declared_outputs(request.type):
            if key not in state:
                state[key] = rpc.UNKNOWN
        return state

    def _expand(self, request: Any, registration: Registration) -> Any:
        """A remote component registers its children in another process; here the stand-in registers the same."""
        if registration.type != awsx_vpc.TYPE:
            raise RegistrationError(f"{registration.type} is a remote component that plan/ has no stand-in for")

        def register(type_: str, name: str, parent: str, inputs: dict[str, Any]) -> tuple[str, Created]:
            child = Registration(
                urn=self.make_urn(parent, type_, name),
                type=type_,
                name=name,
                parent=parent,
                custom=True,
                inputs=inputs,
                provider=registration.provider,
                options={"protect": bool(request.protect)},
            )
            with self.lock:
                self.registrations[child.urn] = child
            created = self._create(child)
            # So that a reference to the child, as in the component's outputs, can be followed.
            self.resources[child.urn] = mocks.MockMonitor.ResourceRegistration(child.urn, created.id, {})
            return child.urn, created

        outputs = awsx_vpc.expand(registration, register)
        if self.preview:
            outputs = dict.fromkeys(outputs, rpc.UNKNOWN)
        state = _sync_await(rpc.serialize_properties(outputs, {}))
        return resource_pb2.RegisterResourceResponse(urn=registration.urn, object=state)


def _is_envelope(value: struct_pb2.Value) -> bool:
    return rpc._special_sig_key in value.struct_value.fields


def _options(request: Any) -> dict[str, Any]:
    """The resource options that change what the engine does."""
    options: dict[str, Any] = {
        "protect": bool(request.protect),
        "retain_on_delete": bool(request.retainOnDelete),
        "delete_before_replace": bool(request.deleteBeforeReplace),
        "ignore_changes": sorted(request.ignoreChanges),
        "replace_on_changes": sorted(request.replaceOnChanges),
        "additional_secret_outputs": sorted(request.additionalSecretOutputs),
        "aliases": [json_format.MessageToDict(alias) for alias in request.aliases],
        "import_id": request.importId,
    }
    return {key: value for key, value in options.items() if value or key == "protect"}
