"""Who is asking: HTTP Basic at the token route, a token or an API key everywhere else.

Every `routes` module may import this one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from flask import current_app, g, request
from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth
from werkzeug.datastructures import Authorization

from app.core import limits
from app.core.api import authenticate
from app.core.errors import Forbidden, Unauthenticated
from app.users import credentials, service
from app.users.callers import Caller

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class TokenAuth(HTTPTokenAuth):
    """A token of `POST /api/users/get-auth-token`, or an API key, as `Authorization: Bearer ...`.

    A bare key without `Bearer` is understood too, since some clients send it so.
    """

    def get_auth(self) -> Authorization | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, secret = header.strip().partition(" ")
        if not secret:
            scheme, secret = "Bearer", "" if scheme.lower() == "bearer" else scheme
        return Authorization(scheme.lower(), token=secret.strip())

    def authenticate(self, auth: Authorization | None, _stored_password: Any) -> Caller | None:
        if auth is None:
            return None
        caller = credentials.caller_for(auth.token or "") if auth.type == "bearer" else None
        if caller is None:
            # a wrong token is refused even where none is needed: its sender believes to be somebody
            _refuse()
        g.claimant = caller.id
        _check_scope(caller)
        return caller


def _reads() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method in SAFE_METHODS or getattr(view, "_reads", False)


def _check_scope(caller: Caller) -> None:
    needed = "read" if _reads() else "write"
    if needed not in caller.scopes:
        raise Forbidden(f"This API key lacks the scope {needed}. Issue one that has it.")


def _refuse(_status: int = 401) -> NoReturn:
    raise Unauthenticated("Send a valid token: Authorization: Bearer TOKEN, from POST /api/users/get-auth-token.")


class PasswordAuth(HTTPBasicAuth):
    """E-mail and password; accepted at the token route only."""


token_auth = TokenAuth(scheme="Bearer", realm="quaymaster")
basic_auth = PasswordAuth(realm="quaymaster")
token_auth.error_handler(_refuse)


@basic_auth.verify_password
def _verify(email: str, password: str) -> Caller:
    if not email or "\x00" in email + password:
        _refuse_basic()
    return service.log_in(email, password, limits.address())


@basic_auth.error_handler
def _refuse_basic(_status: int = 401) -> NoReturn:
    raise Unauthenticated("Send e-mail and password by HTTP Basic.", scheme="Basic")


def caller() -> Caller:
    """The user who sent the present request."""
    return token_auth.current_user()


def maybe_caller() -> Caller | None:
    """The user who sent the present request, or None where a route lets strangers in."""
    return token_auth.current_user()


def visitor() -> Caller | None:
    """The user who sent the present request, or None for a stranger where ANONYMOUS_ASSETS lets strangers in."""
    present = maybe_caller()
    allowed = current_app.config["QUAY"].anonymous_assets
    if present is None and (allowed == "off" or (allowed == "read" and not _reads())):
        _refuse()
    return present


def admin() -> Caller:
    """The caller, if an admin; raises Forbidden."""
    present = caller()
    if not present.is_admin:
        raise Forbidden("Only an admin may do this.")
    return present


def guests_too(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view for users, and for strangers as far as ANONYMOUS_ASSETS lets them in; `visitor` says who it is."""

    @authenticate(token_auth, optional=True)
    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        visitor()
        return view(*args, **kwargs)

    return wrapper


def admins_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view for admins, of a room that knows no users."""

    @authenticate(token_auth)
    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        admin()
        return view(*args, **kwargs)

    return wrapper


def account_holder() -> Caller:
    """The caller, if the credential may manage the account itself; raises Forbidden."""
    present = caller()
    if "account" not in present.scopes:
        raise Forbidden("This API key lacks the scope account. Use a token from a login, or a key with that scope.")
    return present
