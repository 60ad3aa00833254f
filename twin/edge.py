"""The twin's edge: DNS and TLS for a browser on this machine.

The deployed system speaks of its AWS addresses only. An address book says which address on 127.0.0.1 stands for which
of them, and the edge translates on the way in (Origin, Referer, queries, forms) and out (Location, CORS, content
security policy, `config.json`, sign-in pages). It refuses, redirects and compresses as the deployed distribution and
web ACLs declare (`edge_rules.py`). It changes nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from twin.edge_site import ERROR, LARGEST, Distribution, packed
from twin.edge_visit import OWN, Refusal, Visit
from twin.edge_waf import Firewall

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "content-length", "date", "server"}
)
_TRANSLATED_IN = ("Origin", "Referer")
_TRANSLATED_OUT = ("Location", "Access-Control-Allow-Origin", "Link", "Refresh")
_SPELLINGS = {"etag": "ETag", "www-authenticate": "WWW-Authenticate", "x-amzn-requestid": "X-Amzn-RequestId"}
_WHOLE_BELOW = 256 * 1024
_NO_BODY = frozenset({204, 304})
_OUTPUTS = {"web": "site", "api": "api", "sign_in": "sign_in"}
_TIMEOUT = ClientTimeout(total=None, sock_connect=5)


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The deployed system's origins on AWS (`https://host`), the API's id, and the distribution's own host name.

    `api_mapping` is the stage (`/v1`) where an own domain of the API leaves it out of its paths.
    """

    web: str
    api: str
    sign_in: str
    api_id: str
    site_host: str
    api_mapping: str = ""

    @classmethod
    def of(cls, outputs: Mapping[str, Any], *, site_host: str, stage: str) -> Addresses:
        """From the stack's outputs, and what only the deployed parts tell: the distribution's name, the API's stage."""
        origins = {name: str(URL(outputs[f"{output}_url"]).origin()) for name, output in _OUTPUTS.items()}
        mapping = "" if ".execute-api." in origins["api"] else f"/{stage}"
        return cls(**origins, api_id=outputs["api_id"], site_host=site_host, api_mapping=mapping)


class AddressBook:
    """Pairs of AWS origins and the origins on 127.0.0.1 that stand for them."""

    def __init__(self, pairs: dict[str, str]) -> None:
        self._inward: list[tuple[str, str]] = []
        for aws, local in pairs.items():
            for quoted in (str, _quoted, lambda text: _quoted(_quoted(text))):
                self._inward.append((quoted(local), quoted(aws)))
        self._outward = [(aws, local) for local, aws in self._inward]
        self._pairs = pairs

    def inward(self, text: str) -> str:
        """Local origins to AWS's, plain or percent-encoded."""
        for local, aws in self._inward:
            text = text.replace(local, aws)
        return text

    def outward(self, text: str) -> str:
        """AWS origins to local ones, plain or percent-encoded."""
        for aws, local in self._outward:
            text = text.replace(aws, local)
        return text

    def policy(self, text: str) -> str:
        """A content security policy that allows the local origins where it allows AWS's, also by wildcard."""
        directives = (directive.strip() for directive in text.split(";"))
        # There is no TLS on 127.0.0.1 to upgrade to.
        kept = (directive for directive in directives if directive and directive != "upgrade-insecure-requests")
        return "; ".join(" ".join(self._sources(directive.split())) for directive in kept)

    def _sources(self, sources: list[str]) -> Iterator[str]:
        for source in sources:
            matched = [local for aws, local in self._pairs.items() if fnmatchcase(aws, source)]
            yield from matched or [source]


def _quoted(text: str) -> str:
    return quote(text, safe="")


class Edge:
    """Three origins on 127.0.0.1, for the site, the API and the sign-in pages, in front of one emulator."""

    def __init__(self, emulator: str) -> None:
        self._emulator = emulator
        self._session: ClientSession | None = None
        self._origins: dict[str, str] = {}
        self._addresses: Addresses | None = None
        self._book = AddressBook({})
        self._site = Distribution({})
        self._api_firewall: Firewall | None = None

    def listen_at(self, *, web: str, api: str, sign_in: str) -> None:
        """Say at which local origins the three applications are served."""
        self._origins = {"web": web, "api": api, "sign_in": sign_in}

    @property
    def addresses(self) -> Addresses | None:
        """The deployed system's addresses, once known."""
        return self._addresses

    @addresses.setter
    def addresses(self, addresses: Addresses) -> None:
        self._addresses = addresses
        pairs = {addresses.web: "web", addresses.api: "api", addresses.sign_in: "sign_in"}
        self._book = AddressBook({aws: self._origins[name] for aws, name in pairs.items()})

    def enforce(self, rules: Mapping[str, Any]) -> None:
        """Play these rules from now on (`edge_rules.read`); counts begin anew."""
        acl = rules["api"]["web_acl"]
        self._site, self._api_firewall = Distribution(rules["site"]), Firewall(acl) if acl else None

    async def close(self) -> None:
        """Close the connections to the emulator."""
        if self._session:
            await self._session.close()

    def web_app(self) -> web.Application:
        """Serves the site, as its distribution would."""
        return self._application(self._serve_web)

    def api_app(self) -> web.Application:
        """Serves the API, its stage first in the path."""
        return self._application(self._serve_api)

    def sign_in_app(self) -> web.Application:
        """Serves the hosted sign-in pages and the token endpoint."""
        return self._application(self._serve_sign_in)

    def _application(self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.Application:
        application = web.Application(client_max_size=16 * 2**20, handler_args={"auto_decompress": False})
        application.router.add_route("*", "/{path:.*}", handler)
        return application

    async def _serve_web(self, request: web.Request) -> web.StreamResponse:
        if not self._addresses:
            return _not_deployed()
        visit = Visit.of(request)
        headers = {"Host": self._addresses.site_host, "X-Forwarded-Proto": visit.protocol}
        refused = self._site.refusal(visit)
        if refused:
            return await self._refuse(request, refused, headers)
        packs = self._site.compresses(visit)
        answer = await self._forward(
            request, request.raw_path, headers, translate=request.path == "/config.json", whole=packs
        )
        return packed(answer) if packs else answer

    async def _refuse(self, request: web.Request, refused: Refusal, headers: dict[str, str]) -> web.StreamResponse:
        """CloudFront's refusal, or the page that the distribution declares for that status."""
        page = self._site.page(refused)
        if page is None:
            return refused.response()
        answer = await self._forward(request, page[1], headers, translate=False, method="GET", whole=True)
        if answer.status == 200:
            answer.set_status(page[0])
        answer.headers.update(ERROR)
        return answer

    async def _serve_api(self, request: web.Request) -> web.StreamResponse:
        if not self._addresses:
            return _not_deployed()
        refused = self._api_firewall.refusal(Visit.of(request)) if self._api_firewall else None
        if refused:
            return refused.response() if refused.declared else _problem(403, "Forbidden")
        target = f"/_aws/execute-api/{self._addresses.api_id}{self._addresses.api_mapping}{request.raw_path}"
        return await self._forward(request, target, {"X-Forwarded-Proto": "https"}, translate=False)

    async def _serve_sign_in(self, request: web.Request) -> web.StreamResponse:
        if not self._addresses:
            return _not_deployed()
        target = self._book.inward(request.raw_path)
        return await self._forward(request, target, {"X-Forwarded-Proto": "https"}, translate=True)

    async def _forward(
        self,
        request: web.Request,
        target: str,
        own_headers: dict[str, str],
        *,
        translate: bool,
        whole: bool = False,
        method: str = "",
    ) -> web.StreamResponse:
        headers = self._request_headers(request, own_headers, identity=translate)
        body: bytes | None = None
        if request.body_exists:
            body = await request.read()
            if translate and request.content_type == "application/x-www-form-urlencoded":
                body = self._book.inward(body.decode(errors="surrogateescape")).encode(errors="surrogateescape")
        try:
            async with self._client().request(
                method or request.method,
                URL(self._emulator + target, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
            ) as answer:
                return await self._answer(request, answer, translate=translate, whole=whole)
        except (TimeoutError, ClientError) as error:
            return _problem(502, f"The emulated AWS did not answer ({error}): see `twin status`.")

    def _client(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(limit=0, keepalive_timeout=30),
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                timeout=_TIMEOUT,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session

    def _request_headers(self, request: web.Request, own: dict[str, str], *, identity: bool) -> CIMultiDict[str]:
        left_out = _HOP_BY_HOP | OWN | {"host"}
        headers = CIMultiDict((n, v) for n, v in request.headers.items() if n.lower() not in left_out)
        for name in _TRANSLATED_IN:
            if name in headers:
                headers[name] = self._book.inward(headers[name])
        if identity:
            headers["Accept-Encoding"] = "identity"
        if "If-None-Match" in headers:  # the bucket knows the tag of what was compressed on the way out
            headers["If-None-Match"] = headers["If-None-Match"].replace('W/"', '"')
        headers["X-Forwarded-For"] = Visit.of(request).address
        headers.update(own)
        return headers

    async def _answer(
        self, request: web.Request, answer: ClientResponse, *, translate: bool, whole: bool
    ) -> web.StreamResponse:
        headers = self._response_headers(answer.headers)
        length = int(answer.headers.get("Content-Length") or _WHOLE_BELOW)
        if request.method == "HEAD" or answer.status in _NO_BODY:
            response = web.Response(status=answer.status, headers=headers)
            if "Content-Length" in answer.headers:
                response.headers["Content-Length"] = answer.headers["Content-Length"]
            return response
        if translate or length < (LARGEST if whole else _WHOLE_BELOW):
            body = await answer.read()
            if translate:
                body = self._book.outward(body.decode(errors="surrogateescape")).encode(errors="surrogateescape")
            return web.Response(status=answer.status, headers=headers, body=body)
        stream = web.StreamResponse(status=answer.status, headers=headers)
        await stream.prepare(request)
        async for chunk in answer.content.iter_chunked(64 * 1024):
            await stream.write(chunk)
        await stream.write_eof()
        return stream

    def _response_headers(self, upstream: CIMultiDictProxy[str]) -> CIMultiDict[str]:
        headers: CIMultiDict[str] = CIMultiDict()
        for name, value in upstream.items():
            lower = name.lower()
            if lower not in _HOP_BY_HOP:
                headers.add(_SPELLINGS.get(lower) or "-".join(word.capitalize() for word in lower.split("-")), value)
        for name in _TRANSLATED_OUT:
            if name in headers:
                headers[name] = self._book.outward(headers[name])
        if "Content-Security-Policy" in headers:
            headers["Content-Security-Policy"] = self._book.policy(headers["Content-Security-Policy"])
        return headers


def _problem(status: int, detail: str) -> web.Response:
    return web.json_response({"message": detail}, status=status)


def _not_deployed() -> web.Response:
    return _problem(503, "Nothing is deployed to this twin yet: see `twin status`.")
