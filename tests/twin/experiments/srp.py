"""A client of Cognito's Secure Remote Password sign-in, written from the protocol: the password never leaves it.

RFC 5054 with the 3072-bit group of RFC 3526, SHA-256, and the key derivation and message that Cognito's own clients
use (amazon-cognito-identity-js).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from typing import Any

_PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
_GENERATOR = 2


def _padded(number: int) -> bytes:
    """Big-endian, with a leading zero where the first bit would be a sign."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


_MULTIPLIER = _hash(_padded(_PRIME), _padded(_GENERATOR))


def sign_in(cognito: Any, *, client_id: str, pool_id: str, email: str, password: str) -> dict[str, Any]:
    """Cognito's answer to the proof of the password: tokens, or the next challenge."""
    secret = secrets.randbelow(_PRIME - 2) + 1
    public = pow(_GENERATOR, secret, _PRIME)
    challenge = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": email, "SRP_A": format(public, "x")},
    )
    assert challenge["ChallengeName"] == "PASSWORD_VERIFIER"
    given = challenge["ChallengeParameters"]
    key = _key(given, pool_id, password, secret=secret, public=public)
    now = dt.datetime.now(dt.UTC)
    at = f"{now:%a} {now:%b} {now.day} {now:%H:%M:%S} UTC {now:%Y}"
    block = base64.b64decode(given["SECRET_BLOCK"])
    message = f"{pool_id.split('_')[1]}{given['USER_ID_FOR_SRP']}".encode() + block + at.encode()
    proof = base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
    answer: dict[str, Any] = cognito.respond_to_auth_challenge(
        ClientId=client_id,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses={
            "USERNAME": given["USER_ID_FOR_SRP"],
            "TIMESTAMP": at,
            "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": proof,
        },
    )
    return answer


def _key(given: dict[str, str], pool_id: str, password: str, *, secret: int, public: int) -> bytes:
    theirs, salt = int(given["SRP_B"], 16), int(given["SALT"], 16)
    scramble = _hash(_padded(public), _padded(theirs))
    who = f"{pool_id.split('_')[1]}{given['USER_ID_FOR_SRP']}:{password}".encode()
    private = _hash(_padded(salt), hashlib.sha256(who).digest())
    base = theirs - _MULTIPLIER * pow(_GENERATOR, private, _PRIME)
    shared = pow(base % _PRIME, secret + scramble * private, _PRIME)
    extracted = hmac.new(_padded(scramble), _padded(shared), hashlib.sha256).digest()
    return hmac.new(extracted, b"Caldera Derived Key\x01", hashlib.sha256).digest()[:16]


def one_time_password(secret: str, at: float) -> str:
    """What an authenticator app shows at a moment (RFC 6238)."""
    digest = hmac.new(base64.b32decode(secret), int(at // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 0xF
    return f"{int.from_bytes(digest[start : start + 4], 'big') % 2**31 % 10**6:06}"
