"""How people come in and go out: sign-up by mail, the sign-in pages, SRP, the second factor, revocation."""

from __future__ import annotations

import asyncio
import re
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from aiohttp import ClientSession
from botocore.exceptions import ClientError

from tests.twin.experiments import srp
from tests.twin.experiments.laboratory import Laboratory
from tests.twin.system import Answer, User, call
from twin import sign_in

PASSWORD = "Correct-horse-9"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody before a browser: an address and a password, and the system's doors."""

    laboratory: Laboratory
    cognito: Any
    email: str
    password: str = PASSWORD

    @property
    def client_id(self) -> str:
        return str(self.laboratory.system.state["outputs"]["client_id"])

    @property
    def pool_id(self) -> str:
        return str(self.laboratory.system.state["outputs"]["user_pool_id"])

    def signs_up(self) -> None:
        self.cognito.sign_up(
            ClientId=self.client_id,
            Username=self.email,
            Password=self.password,
            UserAttributes=[{"Name": "email", "Value": self.email}],
        )

    def confirms(self, code: str) -> None:
        self.cognito.confirm_sign_up(ClientId=self.client_id, Username=self.email, ConfirmationCode=code)

    def code(self) -> str:
        """The code in the newest mail to this address."""
        url = f"{self.laboratory.system.state['aws_endpoint']}/_ministack/ses/messages"
        mails = [mail for sent in call("GET", url).json["messages"].values() for mail in sent]
        own = sorted((mail for mail in mails if self.email in mail["To"]), key=lambda mail: mail["Timestamp"])
        assert own, f"no mail to {self.email}"
        found = re.search(r"\b\d{6}\b", own[-1]["BodyText"] or own[-1]["BodyHtml"])
        assert found, own[-1]
        return found[0]

    def grant(self, second_factor: Callable[[], str] | None = None) -> sign_in.Grant:
        """Through the sign-in pages, up to the code."""
        state = self.laboratory.system.state

        async def pages() -> sign_in.Grant:
            async with ClientSession() as session:
                return await sign_in.authorization_code(
                    session,
                    sign_in_url=state["sign_in_url"],
                    web_url=state["web_url"],
                    client_id=self.client_id,
                    email=self.email,
                    password=self.password,
                    second_factor=second_factor,
                )

        return asyncio.run(pages())

    def exchanges(self, grant: sign_in.Grant) -> dict[str, Any]:
        """The tokens for a code."""
        url = self.laboratory.system.state["sign_in_url"]

        async def tokens() -> dict[str, Any]:
            async with ClientSession() as session:
                return await sign_in.exchange(session, grant, sign_in_url=url, client_id=self.client_id)

        return asyncio.run(tokens())

    def posts(self, path: str, **fields: str) -> Answer:
        """A form to the sign-in pages."""
        url = self.laboratory.system.state["sign_in_url"] + path
        data = urllib.parse.urlencode({"client_id": self.client_id, **fields}).encode()
        request = urllib.request.Request(url, data=data, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Answer(status=answer.status, headers={}, text=answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(status=error.code, headers={}, text=error.read().decode())

    def proves(self) -> dict[str, Any]:
        """Cognito's answer to a sign-in by SRP."""
        return srp.sign_in(
            self.cognito, client_id=self.client_id, pool_id=self.pool_id, email=self.email, password=self.password
        )

    def refreshes(self, token: str) -> dict[str, Any]:
        """Cognito's answer to a refresh token."""
        answer: dict[str, Any] = self.cognito.initiate_auth(
            ClientId=self.client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}
        )
        return answer

    def status(self, access_token: str) -> int:
        """What the API says to a token."""
        return User(self.laboratory.system.state["api_url"], access_token).call("GET", "/goals").status


def refusal(attempt: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        attempt()
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def stranger(laboratory: Laboratory) -> Visitor:
    """Somebody whom the system does not know."""
    address = f"{uuid.uuid4().hex[:12]}@example.com"
    return Visitor(laboratory=laboratory, cognito=laboratory.system.client("cognito-idp"), email=address)


@pytest.fixture
def visitor(stranger: Visitor) -> Visitor:
    """Somebody who has signed up and confirmed the address."""
    stranger.signs_up()
    stranger.confirms(stranger.code())
    return stranger


@pytest.mark.requirement(73, 247)
def test_who_signs_up_comes_in_once_the_mailed_code_is_given(stranger: Visitor) -> None:
    stranger.signs_up()
    code = stranger.code()
    with pytest.raises(sign_in.SignInError):
        stranger.grant()
    assert refusal(lambda: stranger.confirms(wrong(code))) == "CodeMismatchException"
    stranger.confirms(code)
    tokens = stranger.exchanges(stranger.grant())
    assert stranger.status(tokens["access_token"]) == 200
    assert tokens["expires_in"] == 3600


@pytest.mark.requirement(247)
@pytest.mark.parametrize("password", ["Ab1!", "nouppercase-9", "NOLOWERCASE-9", "No-number", "Nosymbol99"])
def test_a_weak_password_is_refused(stranger: Visitor, password: str) -> None:
    weak = replace(stranger, password=password)
    assert refusal(weak.signs_up) == "InvalidPasswordException"


@pytest.mark.requirement(247)
def test_the_password_is_proved_by_srp_and_never_sent(visitor: Visitor) -> None:
    tokens = visitor.proves()["AuthenticationResult"]
    assert visitor.status(tokens["AccessToken"]) == 200
    assert refusal(replace(visitor, password="Wrong-horse-9").proves) == "NotAuthorizedException"
    parameters = {"USERNAME": visitor.email, "PASSWORD": visitor.password}
    sent = {"ClientId": visitor.client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
    assert refusal(lambda: visitor.cognito.initiate_auth(**sent)) == "InvalidParameterException"


@pytest.mark.requirement(247)
def test_nobody_learns_who_has_an_account(visitor: Visitor, laboratory: Laboratory) -> None:
    unknown = replace(visitor, email=f"{uuid.uuid4().hex[:12]}@example.com")
    assert refusal(unknown.proves) == refusal(replace(visitor, password="Wrong-horse-9").proves)
    forgot = [who.cognito.forgot_password(ClientId=who.client_id, Username=who.email) for who in (visitor, unknown)]
    assert {tuple(sorted(answer["CodeDeliveryDetails"])) for answer in forgot} == {
        ("AttributeName", "DeliveryMedium", "Destination")
    }


@pytest.mark.requirement(247)
def test_a_code_of_the_sign_in_page_serves_once_and_only_who_asked_for_it(visitor: Visitor) -> None:
    stolen = replace_verifier(visitor.grant())
    with pytest.raises(sign_in.SignInError, match="invalid_grant"):
        visitor.exchanges(stolen)
    grant = visitor.grant()
    visitor.exchanges(grant)
    with pytest.raises(sign_in.SignInError, match="invalid_grant"):
        visitor.exchanges(grant)


def replace_verifier(grant: sign_in.Grant) -> sign_in.Grant:
    """The code in the hands of somebody who does not know the secret."""
    return replace(grant, verifier="x" * 64)


@pytest.mark.requirement(247)
def test_the_sign_in_page_sends_nobody_elsewhere(visitor: Visitor) -> None:
    query = urllib.parse.urlencode(
        {"response_type": "code", "client_id": visitor.client_id, "redirect_uri": "https://evil.example/"}
    )
    answer = call("GET", f"{visitor.laboratory.system.state['sign_in_url']}/oauth2/authorize?{query}")
    assert answer.status == 400
    assert "redirect_uri" in answer.text


@pytest.mark.requirement(247)
def test_a_refresh_token_gives_new_tokens_until_it_is_revoked(visitor: Visitor) -> None:
    tokens = visitor.exchanges(visitor.grant())
    asked = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    fresh = visitor.posts("/oauth2/token", **asked)
    assert fresh.status == 200
    assert visitor.status(fresh.json["access_token"]) == 200
    assert visitor.posts("/oauth2/revoke", token=tokens["refresh_token"]).status == 200
    after = visitor.posts("/oauth2/token", **asked)
    assert (after.status, after.json["error"]) == (400, "invalid_grant")


@pytest.mark.requirement(247)
def test_a_token_revoked_by_the_api_is_refused_and_another_sign_in_stays(visitor: Visitor) -> None:
    first, second = (visitor.proves()["AuthenticationResult"]["RefreshToken"] for _ in range(2))
    assert visitor.status(visitor.refreshes(first)["AuthenticationResult"]["AccessToken"]) == 200
    visitor.cognito.revoke_token(Token=first, ClientId=visitor.client_id)
    assert refusal(lambda: visitor.refreshes(first)) == "NotAuthorizedException"
    assert visitor.status(visitor.refreshes(second)["AuthenticationResult"]["AccessToken"]) == 200


@pytest.mark.requirement(247)
def test_signing_out_everywhere_ends_every_refresh_token(visitor: Visitor) -> None:
    signed_in = [visitor.proves()["AuthenticationResult"] for _ in range(2)]
    time.sleep(1.1)  # the emulator's tokens know whole seconds
    visitor.cognito.global_sign_out(AccessToken=signed_in[0]["AccessToken"])
    for tokens in signed_in:
        assert refusal(partial(visitor.refreshes, tokens["RefreshToken"])) == "NotAuthorizedException"


@pytest.mark.requirement(247)
def test_signing_out_leads_back_to_the_site(visitor: Visitor) -> None:
    state = visitor.laboratory.system.state
    back = urllib.parse.quote(f"{state['web_url']}/", safe="")

    async def location() -> tuple[int, str]:
        url = f"{state['sign_in_url']}/logout?client_id={visitor.client_id}&logout_uri={back}"
        async with ClientSession() as session, session.get(url, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", "")

    assert asyncio.run(location()) == (302, f"{state['web_url']}/")


@pytest.mark.requirement(247)
def test_a_forgotten_password_is_replaced_by_the_mailed_code(visitor: Visitor) -> None:
    visitor.cognito.forgot_password(ClientId=visitor.client_id, Username=visitor.email)
    code, renewed = visitor.code(), replace(visitor, password="Another-horse-7")
    given = {"ClientId": visitor.client_id, "Username": visitor.email, "Password": renewed.password}
    confirm = visitor.cognito.confirm_forgot_password
    assert refusal(lambda: confirm(ConfirmationCode=wrong(code), **given)) == "CodeMismatchException"
    confirm(ConfirmationCode=code, **given)
    assert "AuthenticationResult" in renewed.proves()
    assert refusal(visitor.proves) == "NotAuthorizedException"


@pytest.fixture
def secret(visitor: Visitor) -> str:
    """What the visitor's authenticator app, now set up, makes its codes from."""
    access = visitor.proves()["AuthenticationResult"]["AccessToken"]
    secret = str(visitor.cognito.associate_software_token(AccessToken=access)["SecretCode"])
    code = srp.one_time_password(secret, time.time())
    assert visitor.cognito.verify_software_token(AccessToken=access, UserCode=code)["Status"] == "SUCCESS"
    preferred = {"Enabled": True, "PreferredMfa": True}
    visitor.cognito.set_user_mfa_preference(AccessToken=access, SoftwareTokenMfaSettings=preferred)
    return secret


def wrong(code: str) -> str:
    """Another code of six digits."""
    return f"{(int(code) + 1) % 10**6:06}"


@pytest.mark.requirement(247)
def test_who_has_an_authenticator_app_is_asked_for_its_code(visitor: Visitor, secret: str) -> None:
    def answers(code: str) -> Any:
        challenge = visitor.proves()
        assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        assert "AuthenticationResult" not in challenge
        return visitor.cognito.respond_to_auth_challenge(
            ClientId=visitor.client_id,
            ChallengeName="SOFTWARE_TOKEN_MFA",
            Session=challenge["Session"],
            ChallengeResponses={
                "USERNAME": challenge["ChallengeParameters"]["USER_ID_FOR_SRP"],
                "SOFTWARE_TOKEN_MFA_CODE": code,
            },
        )

    assert refusal(lambda: answers(wrong(srp.one_time_password(secret, time.time())))) == "CodeMismatchException"
    tokens = answers(srp.one_time_password(secret, time.time()))["AuthenticationResult"]
    assert visitor.status(tokens["AccessToken"]) == 200


@pytest.mark.requirement(247)
def test_the_sign_in_pages_ask_for_the_second_factor_too(visitor: Visitor, secret: str) -> None:
    def code() -> str:
        return srp.one_time_password(secret, time.time())

    with pytest.raises(sign_in.SignInError):
        visitor.grant()
    with pytest.raises(sign_in.SignInError):
        visitor.grant(second_factor=lambda: wrong(code()))
    tokens = visitor.exchanges(visitor.grant(second_factor=code))
    assert visitor.status(tokens["access_token"]) == 200
