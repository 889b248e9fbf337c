"""Errors of botocore and of the network in our own words; none of them leaves the package."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import urllib3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from app.core.errors import Conflict, DomainError, NotFound, TooLarge, Unavailable

log = structlog.get_logger()

RETRY_SECONDS = 10
MISSING = {"NoSuchKey", "404", "NotFound", "NoSuchUpload"}
_KEYS = {
    "403",
    "AccessDenied",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
}
_PARTS = {
    "InvalidPart": "A part of the upload is missing or was replaced meanwhile: send it again.",
    "InvalidPartOrder": "The parts of the upload are not in order.",
    "EntityTooSmall": "A part of the upload is too small, which only the last may be.",
}
_ODD = (KeyError, RecursionError)  # a field is missing; boto3 follows endless redirects
_NETWORK = (BotoCoreError, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)


@contextmanager
def translated(thing: str) -> Iterator[None]:
    """Within this block errors become domain errors; `thing` is what NotFound says is not there."""
    try:
        yield
    except ClientError as error:
        raise _answered(error, thing) from error
    except _NETWORK as error:
        raise _unanswered(error) from error
    except _ODD as error:
        log.error("the object store answered oddly", error=type(error).__name__)  # noqa: TRY400 - it is long, and not ours
        raise _unavailable("The object store answered as no S3 server does: check OBJECT_STORE_URL.") from error


def code(error: ClientError) -> str:
    """S3's own word for what is wrong; of a HEAD request just the status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def no_bucket() -> Unavailable:
    """The bucket is not there."""
    remedy = "make it, or add &make=1 to the URL and run `quay migrate`"
    return _unavailable(f"The bucket of OBJECT_STORE_URL is not there: {remedy}.")


def _answered(error: ClientError, thing: str) -> DomainError:
    name = code(error)
    if name in MISSING:
        return NotFound(f"{thing} is not in the store.")
    if name in _PARTS:
        return Conflict(_PARTS[name])
    if name == "EntityTooLarge":
        return TooLarge("The object is larger than the object store takes.")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    log.error("the object store refused", operation=error.operation_name, code=name, status=status)
    if name == "NoSuchBucket":
        return no_bucket()
    if name in _KEYS:
        remedy = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, what they allow, and the clock"
        return _unavailable(f"The object store (OBJECT_STORE_URL) refuses the keys of the service ({name}): {remedy}.")
    return _unavailable(f"The object store (OBJECT_STORE_URL) answered {status} {name}.")


def _unanswered(error: Exception) -> Unavailable:
    log.error("the object store failed", error=type(error).__name__)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return _unavailable("There are no keys for the object store: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    if isinstance(error, ReadTimeoutError | ConnectTimeoutError | TimeoutError):
        return _unavailable("The object store (OBJECT_STORE_URL) does not answer in time.")
    return _unavailable("The object store (OBJECT_STORE_URL) cannot be reached, or broke the connection off.")


def _unavailable(detail: str) -> Unavailable:
    return Unavailable(detail, retry_after=RETRY_SECONDS)
