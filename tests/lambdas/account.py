"""The services that the API's functions call, as far as any order of calls shows: for tests that make many."""

from __future__ import annotations

from typing import Any


class ExecutionAlreadyExists(Exception):  # noqa: N818 - the service's name
    """As Step Functions raises it."""


class UserNotFoundException(Exception):  # noqa: N818 - the service's name
    """As Cognito raises it."""


class _Exceptions:
    ExecutionAlreadyExists = ExecutionAlreadyExists
    UserNotFoundException = UserNotFoundException


class Account:
    """Step Functions, Lambda and Cognito in one object; `calls` is what they were asked."""

    exceptions = _Exceptions

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._executions: set[str] = set()
        self._deleted: set[str] = set()

    def start_execution(self, **given: Any) -> dict[str, str]:
        self.calls.append(("start_execution", given))
        if given["name"] in self._executions:
            raise ExecutionAlreadyExists
        self._executions.add(given["name"])
        return {"executionArn": f"{given['stateMachineArn'].replace(':stateMachine:', ':execution:')}:{given['name']}"}

    def stop_execution(self, **given: Any) -> None:
        self.calls.append(("stop_execution", given))

    def invoke(self, **given: Any) -> dict[str, int]:
        self.calls.append(("invoke", given))
        return {"StatusCode": 202}

    def admin_delete_user(self, **given: Any) -> None:
        self.calls.append(("admin_delete_user", given))
        if given["Username"] in self._deleted:
            raise UserNotFoundException
        self._deleted.add(given["Username"])
