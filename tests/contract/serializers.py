"""How schemathesis writes bodies of media types that it does not know."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def octets(_context: Any, value: Any) -> bytes:
    """Bytes of a file as they are."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
