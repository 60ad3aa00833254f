"""What can go wrong in the twin, as sentences for the person at the keyboard."""

from __future__ import annotations


class TwinError(RuntimeError):
    """The twin cannot do what was asked; the message says where, why and what to do."""
