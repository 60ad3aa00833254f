"""A request as the edge judges it: who comes, from where, for what; and what a refused one is answered."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

# How a person or a test on this machine comes from elsewhere: loopback has one address, no country and no TLS.
COUNTRY, ADDRESS, PROTOCOL = "X-Twin-Viewer-Country", "X-Twin-Viewer-Address", "X-Twin-Viewer-Protocol"
OWN = frozenset(name.lower() for name in (COUNTRY, ADDRESS, PROTOCOL))
HOME = "JP"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request. `address` and `country` are the viewer's, `protocol` is what it would speak on AWS."""

    address: str = "127.0.0.1"
    country: str = HOME
    protocol: str = "https"
    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: web.Request) -> Visit:
        """Read a request; what it says of its viewer counts when it comes from this machine."""
        address = request.remote or "127.0.0.1"
        told = request.headers if ipaddress.ip_address(address).is_loopback else {}
        return cls(
            address=told.get(ADDRESS, address),
            country=told.get(COUNTRY, HOME).upper(),
            protocol="http" if told.get(PROTOCOL) == "http" else "https",
            method=request.method,
            path=request.path,
            query=request.query_string,
            headers=request.headers,
        )


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What a refused request is answered. `declared` is an answer that the program itself wrote down for it."""

    status: int = 403
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    content_type: str = "text/plain"
    declared: bool = False

    def response(self) -> web.Response:
        """As HTTP."""
        headers = {"Content-Type": self.content_type, **self.headers}
        return web.Response(status=self.status, headers=headers, body=self.body.encode())
