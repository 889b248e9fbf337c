"""Tokens and API keys: issued once, kept as their SHA-256, revocable, with scopes.

A token is what a login gives: opaque, for an hour, for everything. An API key is for programs: it has the shape of a JWT,
because `ordflow` reads the integer `user_id` in it, but it is the row that makes it valid, not its signature.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Row, bindparam, insert, or_, select, update

from app.core.clock import rfc3339, utcnow
from app.core.db import reading, table_of, transaction
from app.core.errors import FieldError, Forbidden, Invalid, NotFound
from app.core.pagination import Key, Listing
from app.users import token_cache
from app.users.callers import Caller
from app.users.models import Credential, User

SCOPES = ("read", "write", "account")
TOKEN_LIFE = timedelta(minutes=60)
LONGEST_SECRET = 2000

users = table_of(User)
credentials = table_of(Credential)
_who = (users.c.id, users.c.email, users.c.first_name, users.c.last_name, users.c.is_admin)
_find = (
    select(users.c.seq, *_who, credentials.c.id.label("credential_id"), credentials.c.scopes, credentials.c.expires_at)
    .join_from(credentials, users, credentials.c.user_seq == users.c.seq)
    .where(credentials.c.revoked_at.is_(None), users.c.disabled_at.is_(None))
    .where(credentials.c.sha256 == bindparam("digest"))
)
_signing: dict[str, bytes] = {}


def configure(secret_keys: tuple[str, ...]) -> None:
    """Derive the key that signs API keys from the first secret."""
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"quaymaster api keys")
    _signing["key"] = derive.derive(secret_keys[0].encode())


def caller_for(secret: str) -> Caller | None:
    """Whose token or API key this is, by one SELECT at most; None when it is unknown, expired or revoked."""
    if not secret or len(secret) > LONGEST_SECRET:
        return None
    digest = _digest(secret)
    return token_cache.find(digest) or _look_up(digest)


def _look_up(digest: str) -> Caller | None:
    seen = token_cache.stamp()
    with reading() as session:
        row = session.execute(_find, {"digest": digest}).first()
    if row is None or (row.expires_at is not None and row.expires_at <= utcnow()):
        return None
    caller = caller_of(row, row.scopes, row.credential_id)
    token_cache.keep(digest, caller, row.expires_at, seen)
    return caller


def caller_of(row: Any, scopes: Any = SCOPES, credential_id: str = "") -> Caller:
    """The caller that a row of a user stands for."""
    names = (row.email, row.first_name, row.last_name, row.is_admin)
    return Caller(row.seq, row.id, *names, frozenset(scopes), credential_id)


def issue_token(caller: Caller) -> str:
    """A new token of the caller, known to nobody else and not kept in clear."""
    token = secrets.token_urlsafe(32)
    _insert(caller.seq, "token", token, "login", SCOPES, utcnow() + TOKEN_LIFE)
    return token


def issue_key(caller: Caller, label: str, scopes: tuple[str, ...], days: int) -> dict[str, Any]:
    """A new API key of the caller, with the secret itself, which is shown this once."""
    _check_scopes(caller, scopes)
    now = utcnow()
    expires_at = now + timedelta(days=days)
    claims = {"user_id": caller.seq, "created_at": rfc3339(now), "exp": int(expires_at.timestamp())}
    key = _sign({**claims, "jti": secrets.token_hex(8), "scope": " ".join(scopes)})
    credential_id = _insert(caller.seq, "key", key, label, scopes, expires_at)
    shown = {"id": credential_id, "label": label, "scopes": list(scopes), "created_at": now, "expires_at": expires_at}
    return {**shown, "api_key": key}


def _check_scopes(caller: Caller, scopes: tuple[str, ...]) -> None:
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        detail = f"must be some of {', '.join(SCOPES)}"
        raise Invalid(f"scopes {detail}.", errors=[FieldError("/scopes", detail)])
    if not set(scopes) <= caller.scopes:
        raise Forbidden("A key cannot be given more scopes than the one that you are using.")


def _insert(user_seq: int, kind: str, secret: str, label: str, scopes: tuple[str, ...], until: datetime) -> str:
    row = {"id": secrets.token_hex(32), "user_seq": user_seq, "kind": kind, "sha256": _digest(secret), "label": label}
    row |= {"scopes": list(scopes), "created_at": utcnow(), "expires_at": until, "revoked_at": None}
    with transaction() as session:
        session.execute(insert(credentials).values(**row))
    return str(row["id"])


def _sign(claims: dict[str, Any]) -> str:
    signed = f"{_encode(orjson.dumps({'alg': 'HS256'}))}.{_encode(orjson.dumps(claims))}"
    return f"{signed}.{_encode(hmac.digest(_signing['key'], signed.encode(), 'sha256'))}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def list_keys(caller: Caller) -> Listing:
    """The caller's API keys that are not revoked, without their secrets."""
    own = credentials.c.user_seq == caller.seq
    query = select(credentials).where(own, credentials.c.kind == "key", credentials.c.revoked_at.is_(None))
    return Listing(query, (Key(credentials.c.seq, "seq"),), lambda rows: [_show(row) for row in rows])


def get_key(caller: Caller, key_id: str) -> dict[str, Any]:
    """One API key of the caller, without its secret; raises NotFound."""
    with reading() as session:
        row = session.execute(list_keys(caller).select.where(credentials.c.id == key_id)).first()
    if row is None:
        raise NotFound(f"You have no API key {key_id}.")
    return _show(row)


def _show(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "label", "scopes", "created_at", "expires_at")}


def revoke_key(caller: Caller, key_id: str) -> None:
    """End one API key of the caller; raises NotFound when there is none."""
    if not _revoke(credentials.c.user_seq == caller.seq, credentials.c.id == key_id, credentials.c.kind == "key"):
        raise NotFound(f"You have no API key {key_id}.")


def revoke_present(caller: Caller) -> None:
    """End the token or key that this request came with."""
    _revoke(credentials.c.id == caller.credential_id)


def revoke_all(user_seq: int, *, kinds: tuple[str, ...]) -> None:
    """End all credentials of these kinds that a user has."""
    _revoke(credentials.c.user_seq == user_seq, credentials.c.kind.in_(kinds))


def _revoke(*conditions: Any) -> int:
    alive = or_(credentials.c.expires_at.is_(None), credentials.c.expires_at > utcnow())
    with transaction() as session:
        token_cache.forget_all()
        ended = update(credentials).where(*conditions, credentials.c.revoked_at.is_(None), alive)
        return len(session.execute(ended.values(revoked_at=utcnow()).returning(credentials.c.seq)).all())
