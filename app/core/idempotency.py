"""Idempotency-Key: a POST that is sent again because its answer was lost is answered, never run again.

The first transaction of the request inserts a claim (who, route, key, hash of the body), so work and claim are committed
together or not at all. What the work made puts its Location into the claim in that same transaction. The finished answer is
added afterwards. A retry that finds the claim but no answer, because the process died in between, is answered from the
Location. Routes that hand out secrets are exempt, since their answers must not be stored.
"""

import hashlib
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask, Response, current_app, g, request
from sqlalchemy import (
    Connection,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.core import db
from app.core.clock import utcnow
from app.core.db import Model, Seq, UTCDateTime, table_of
from app.core.errors import Conflict, FieldError, Invalid

KEPT = timedelta(hours=24)
MAX_KEY_LENGTH = 255


class IdempotencyClaim(Model):
    """One POST that was sent with a key, and what came of it."""

    __tablename__ = "idempotency_claims"
    __table_args__ = (UniqueConstraint("claimant", "route", "key"),)

    seq: Mapped[int] = mapped_column(Seq, primary_key=True)
    claimant: Mapped[str] = mapped_column(String(64))
    route: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(MAX_KEY_LENGTH))
    body_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    location: Mapped[str | None] = mapped_column(Text)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    etag: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)


claims = table_of(IdempotencyClaim)


@dataclass
class Claim:
    """The claim of the present request."""

    claimant: str
    route: str
    key: str
    body_sha256: str
    seq: int | None = None


_claim: ContextVar[Claim | None] = ContextVar("idempotency_claim", default=None)


def offer(claimant: str) -> Response | None:
    """Look for an earlier run of this request; its answer, or None when the request should run now.

    Called once it is known who asks. Raises Invalid when the key was used with another body.
    """
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or not key:
        return None
    if len(key) > MAX_KEY_LENGTH:
        detail = f"must have at most {MAX_KEY_LENGTH} characters"
        raise Invalid(f"Idempotency-Key {detail}.", errors=[FieldError("Idempotency-Key", detail)])
    body = hashlib.sha256(request.get_data(cache=True)).hexdigest()
    claim = Claim(claimant, request.path, key, body)
    earlier = _earlier(claim)
    if earlier is None:
        _claim.set(claim)
        return None
    return _replay(claim, earlier)


def locate(location: str) -> None:
    """Put the address of what was made into the claim; called inside the transaction that makes it."""
    claim = _claim.get()
    if claim is not None and claim.seq is not None:
        with db.transaction() as session:
            session.execute(update(claims).where(claims.c.seq == claim.seq).values(location=location))


def _earlier(claim: Claim) -> dict | None:
    with db.reading() as session:
        same = (claims.c.claimant == claim.claimant, claims.c.route == claim.route, claims.c.key == claim.key)
        row = session.execute(select(claims).where(*same, claims.c.created_at > utcnow() - KEPT)).mappings().first()
        return dict(row) if row else None


def _replay(claim: Claim, earlier: dict) -> Response:
    if earlier["body_sha256"] != claim.body_sha256:
        detail = "was used before with another body; take a new key for a new request"
        raise Invalid(f"Idempotency-Key {detail}.", errors=[FieldError("Idempotency-Key", detail)])
    if earlier["status"] is None:
        return _from_location(earlier["location"])
    response = Response(earlier["answer"], earlier["status"], mimetype="application/json")
    return _mark(response, earlier["location"], earlier["etag"])


def _from_location(location: str | None) -> Response:
    """What the request made, asked for anew, since the first answer was never finished."""
    if location is None:
        raise Conflict("The first request with this Idempotency-Key was carried out, but its answer was lost.")
    # asked in the name of the same caller, so that nothing more is shown than the caller may see
    with current_app.test_request_context(
        location, headers={"Authorization": request.headers.get("Authorization", "")}
    ):
        found = current_app.full_dispatch_request()
    return _mark(Response(found.get_data(), 201, mimetype=found.mimetype), location, found.headers.get("ETag"))


def _mark(response: Response, location: str | None, etag: str | None) -> Response:
    response.headers["Idempotency-Replayed"] = "true"
    if location:
        response.headers["Location"] = location
    if etag:
        response.headers["ETag"] = etag
    return response


def _insert_claim(session: Connection) -> None:
    claim = _claim.get()
    if claim is None or claim.seq is not None:
        return
    now = utcnow()
    session.execute(delete(claims).where(claims.c.created_at < now - KEPT))
    values = {"claimant": claim.claimant, "route": claim.route, "key": claim.key, "body_sha256": claim.body_sha256}
    try:
        row = session.execute(insert(claims).values(**values, created_at=now).returning(claims.c.seq))
    except IntegrityError as error:
        raise Conflict("The same request is being carried out right now. Send it again to get its answer.") from error
    claim.seq = row.scalar_one()
    db.after_rollback(lambda: setattr(claim, "seq", None))


def _keep_answer(response: Response) -> Response:
    claim = _claim.get()
    if claim is None or claim.seq is None or g.get("answer_kept") or response.status_code >= 500:
        return response
    g.answer_kept = True
    with db.transaction(bookkeeping=True) as session:
        kept = {"status": response.status_code, "answer": response.get_data(), "etag": response.headers.get("ETag")}
        if response.headers.get("Location"):
            kept["location"] = response.headers["Location"]
        session.execute(update(claims).where(claims.c.seq == claim.seq).values(**kept))
    return response


def _end(_error: BaseException | None = None) -> None:
    _claim.set(None)


db.on_begin(_insert_claim)


def init_app(app: Flask) -> None:
    app.after_request(_keep_answer)
    app.teardown_request(_end)
