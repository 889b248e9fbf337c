"""One guard taken out, and the test that must notice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """In `file`, `before` (which stands there once) becomes `after`; then `test` must fail."""

    file: str
    before: str
    after: str
    test: str
