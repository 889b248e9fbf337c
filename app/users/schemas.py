"""What users look like on the wire."""

import re

from marshmallow import ValidationError, fields, validate

from app.core.api import HexId, Moment, Schema

EMAIL = "ml.engineer@example.org"


def text(example, description="", **kwargs):
    """A short text that is not blank."""
    kwargs.setdefault("required", True)
    rules = [validate.Length(max=200), validate.Regexp(r"\s*\S", error="must not be blank")]
    return fields.String(validate=rules, metadata={"example": example, "description": description}, **kwargs)


def check_orcid(value):
    """Refuse what is no ORCID iD: four groups of four digits, the last one an ISO 7064 mod 11-2 check digit."""
    if not re.fullmatch(r"(\d{4}-){3}\d{3}[\dX]", value, re.ASCII):
        raise ValidationError("must be an ORCID iD such as 0000-0002-1825-0097")
    total = 0
    for digit in value.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    expected = (12 - total % 11) % 11
    if value[-1] != ("X" if expected == 10 else str(expected)):
        raise ValidationError("has a wrong check digit; was one mistyped?")


def email(**kwargs):
    """An e-mail address."""
    return fields.Email(validate=validate.Length(max=254), metadata={"example": EMAIL}, **kwargs)


def password(example, description):
    """A password on its way in."""
    notes = {"example": example, "description": description, "format": "password"}
    return fields.String(required=True, load_only=True, validate=validate.Length(1, 256), metadata=notes)


class ProfileFields(Schema):
    """What people say of themselves."""

    first_name = text("Sample")
    last_name = text("User")
    role = text("ML Engineer", "Job title; gives no right")
    orcid = fields.String(
        load_default=None,
        allow_none=True,
        validate=check_orcid,
        metadata={"example": "0000-0002-1825-0097", "description": "ORCID iD"},
    )
    affiliation = text("Example Institute", required=False, load_default=None, allow_none=True)


class RegistrationSchema(ProfileFields):
    """A new account."""

    email = email(required=True)
    password = password("a long passphrase", "At least 8 characters, and not the e-mail address")


class UserSchema(ProfileFields):
    """An account."""

    user_id = HexId(required=True)
    email = fields.String(required=True, metadata={"example": EMAIL})
    is_admin = fields.Boolean(required=True)
    disabled = fields.Boolean(required=True)
    timestamp = Moment(required=True, metadata={"description": "When the account was made"})


class ProfileChangeSchema(Schema):
    """Changes to one's own profile; what is left out stays."""

    first_name = text("Sample", required=False)
    last_name = text("User", required=False)
    role = text("Data Steward", "Job title; gives no right", required=False)
    orcid = fields.String(allow_none=True, validate=check_orcid, metadata={"example": "0000-0002-1825-0097"})
    affiliation = text("Example Institute", required=False, allow_none=True)


class TokenSchema(Schema):
    """A token for `Authorization: Bearer`."""

    token = fields.String(required=True, metadata={"description": "43 characters, valid for an hour"})


class PasswordChangeSchema(Schema):
    """A new password."""

    old_password = password("a long passphrase", "The present password")
    new_password = password("a longer passphrase", "At least 8 characters, and not the e-mail address")
    revoke_keys = fields.Boolean(load_default=False, metadata={"example": False, "description": "End API keys too"})


class KeyRequestSchema(Schema):
    """An API key that is wanted."""

    label = text("laboratory notebook", "What it is for, to tell keys apart")
    scopes = fields.List(
        fields.String(validate=validate.OneOf(["read", "write", "account"])),
        load_default=lambda: ["read", "write"],
        validate=validate.Length(1, 3),
        metadata={"example": ["read", "write"], "description": "`account` lets it manage keys and password too"},
    )
    days = fields.Integer(
        load_default=365,
        strict=True,
        validate=validate.Range(1, 3650),
        metadata={"example": 90, "description": "How long it is valid"},
    )


class KeySchema(Schema):
    """An API key, without its secret."""

    id = HexId(required=True)
    label = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    created_at = Moment(required=True)
    expires_at = Moment(required=True, allow_none=True)


class IssuedKeySchema(KeySchema):
    """A new API key, with its secret."""

    api_key = fields.String(required=True, metadata={"description": "Shown this once; keep it safe"})


class UserFilterSchema(Schema):
    """Which accounts."""

    q = fields.String(validate=validate.Length(1, 200), metadata={"description": "Beginning of an e-mail or a name"})
