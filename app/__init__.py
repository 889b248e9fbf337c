"""Register, describe, find and share the machine-learning assets of a research consortium.

Sign up at `POST /api/users/register`, fetch a token at `POST /api/users/get-auth-token` and send it as
`Authorization: Bearer TOKEN`. Errors are `application/problem+json` (RFC 9457) and name the field and the remedy.
Lists are paged by cursor: follow the `Link: rel="next"` header. Times are UTC (RFC 3339).
"""
