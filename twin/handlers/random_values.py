"""The random provider: values made once, kept in the deployment."""

from __future__ import annotations

import base64
import secrets
import string

from plan.account import Created
from twin.handlers.handler import Handler, HandlerError, Order

_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


class RandomPassword(Handler):
    """A password of the declared length and character classes."""

    def create(self, order: Order) -> Created:
        """Draw the least number of each class, fill up from all, and shuffle."""
        inputs = order.inputs
        special = str(inputs.get("overrideSpecial") or _SPECIAL)
        classes = {
            "lower": string.ascii_lowercase,
            "upper": string.ascii_uppercase,
            "numeric": string.digits,
            "special": special,
        }
        allowed = {name: letters for name, letters in classes.items() if inputs.get(name, True)}
        if not allowed:
            raise HandlerError(f"password '{order.registration.name}' allows no class of characters")
        drawn: list[str] = []
        for name, letters in allowed.items():
            least = int(inputs.get(f"min{name.capitalize()}") or 0)
            drawn += [secrets.choice(letters) for _ in range(least)]
        everything = "".join(allowed.values())
        drawn += [secrets.choice(everything) for _ in range(int(inputs["length"]) - len(drawn))]
        secrets.SystemRandom().shuffle(drawn)
        return Created(id="none", outputs={"result": "".join(drawn)})

    def delete(self, order: Order, existing: Created) -> None:
        """Nothing holds it."""


class RandomBytes(Handler):
    """Random bytes, as base64 and as hexadecimal digits."""

    def create(self, order: Order) -> Created:
        """Draw the bytes."""
        drawn = secrets.token_bytes(int(order.inputs["length"]))
        return Created(id="none", outputs={"base64": base64.b64encode(drawn).decode(), "hex": drawn.hex()})

    def delete(self, order: Order, existing: Created) -> None:
        """Nothing holds it."""


HANDLERS: dict[str, Handler] = {
    "random:index/randomPassword:RandomPassword": RandomPassword(),
    "random:index/randomBytes:RandomBytes": RandomBytes(),
}
