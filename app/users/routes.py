"""Accounts, tokens and API keys."""

from flask import Blueprint

from app.core import limits
from app.core.api import authenticate, body, other_responses, response
from app.core.pagination import paginated
from app.users import credentials, service
from app.users.auth import account_holder, basic_auth, caller, maybe_caller, token_auth
from app.users.schemas import (
    IssuedKeySchema,
    KeyRequestSchema,
    KeySchema,
    PasswordChangeSchema,
    ProfileChangeSchema,
    RegistrationSchema,
    TokenSchema,
    UserFilterSchema,
    UserSchema,
)

bp = Blueprint("users", __name__, url_prefix="/api/users")

SECRET = {"Cache-Control": "no-store"}


@bp.post("/register")
@authenticate(token_auth, optional=True)
@body(RegistrationSchema, replayable=False)
@response(UserSchema, 201)
@other_responses({409: "The e-mail has an account already"})
def register(data):
    """Sign up

    Anyone may, unless the operator set REGISTRATION=admin: then an admin's token is needed. `role` is a job title and
    gives no right. The password has at least 8 characters and is not the e-mail address.
    """
    user = service.register(maybe_caller(), limits.address(), **data)
    return user, 201, {"Location": "/api/users/me"}


@bp.post("/get-auth-token")
@authenticate(basic_auth)
@response(TokenSchema)
def get_auth_token():
    """Fetch a token

    E-mail and password by HTTP Basic, no body. The token is valid for an hour; several may live side by side. After ten
    wrong tries within 15 minutes an account takes no further ones for a while (429); tokens fetched before go on working.
    """
    return {"token": credentials.issue_token(basic_auth.current_user())}, 200, SECRET


@bp.delete("/auth-token")
@authenticate(token_auth)
def revoke_token():
    """Revoke the token of this request

    It is refused from now on by this service; other machines of a larger installation refuse it within two seconds.
    """
    credentials.revoke_present(caller())
    return "", 204


@bp.delete("/auth-tokens")
@authenticate(token_auth)
def revoke_tokens():
    """Revoke all my tokens

    Every login of mine ends; API keys go on working.
    """
    credentials.revoke_all(account_holder().seq, kinds=("token",))
    return "", 204


@bp.get("/me")
@authenticate(token_auth)
@response(UserSchema)
def get_me():
    """Read my account

    The account behind the token or API key of this request.
    """
    return service.get_user(caller().id)


@bp.patch("/me")
@authenticate(token_auth)
@body(ProfileChangeSchema)
@response(UserSchema)
def update_me(data):
    """Change my profile

    Only the fields that are sent change. E-mail and rights cannot be changed here.
    """
    return service.update_profile(account_holder(), **data)


@bp.put("/me/password")
@authenticate(token_auth)
@body(PasswordChangeSchema)
def change_password(data):
    """Change my password

    All my tokens end, the one of this request too; fetch a new one. API keys go on working unless `revoke_keys` is true.
    """
    holder = account_holder()
    service.change_password(holder, data["old_password"], data["new_password"], revoke_keys=data["revoke_keys"])
    return "", 204


@bp.post("/me/api-keys")
@authenticate(token_auth)
@body(KeyRequestSchema, replayable=False)
@response(IssuedKeySchema, 201)
def issue_key(data):
    """Issue an API key

    For programs: valid for as many days as you choose, with the scopes that you choose, shown this once. It has the shape of
    a JWT and is sent like a token; clients that send it without `Bearer` are understood.
    """
    key = credentials.issue_key(account_holder(), data["label"], tuple(data["scopes"]), data["days"])
    return key, 201, {**SECRET, "Location": f"/api/users/me/api-keys/{key['id']}"}


@bp.get("/me/api-keys")
@authenticate(token_auth)
@paginated(KeySchema)
def list_keys():
    """List my API keys

    Without their secrets, which nobody knows but their holder. Revoked ones are left out.
    """
    return credentials.list_keys(account_holder())


@bp.get("/me/api-keys/<id>")
@authenticate(token_auth)
@response(KeySchema)
def get_key(id):
    """Read one of my API keys

    Without its secret.
    """
    return credentials.get_key(account_holder(), id)


@bp.delete("/me/api-keys/<id>")
@authenticate(token_auth)
def revoke_key(id):
    """Revoke one of my API keys

    It is refused from now on by this service; other machines of a larger installation refuse it within two seconds.
    """
    credentials.revoke_key(account_holder(), id)
    return "", 204


@bp.get("")
@authenticate(token_auth)
@paginated(UserSchema, UserFilterSchema)
def list_users(filters):
    """List accounts

    For admins. `q` finds accounts by the beginning of their e-mail or name.
    """
    return service.list_users(account_holder(), **filters)


@bp.post("/<id>/disable")
@authenticate(token_auth)
@response(UserSchema)
@other_responses({409: "It is your own account"})
def disable(id):
    """Keep an account out

    For admins. Its tokens and API keys end at once; what it owns stays.
    """
    return service.set_disabled(account_holder(), id, True)


@bp.post("/<id>/enable")
@authenticate(token_auth)
@response(UserSchema)
@other_responses({409: "The state of the account stands against it"})
def enable(id):
    """Let an account in again

    For admins. Tokens and keys that ended stay ended.
    """
    return service.set_disabled(account_holder(), id, False)
