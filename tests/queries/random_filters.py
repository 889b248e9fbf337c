"""Random filters and documents that meet often: few names, few values, much nesting."""

import random
from typing import Any

NAMES = ("a", "b", "0", "1", "")
SCALARS = (None, True, False, 0, 1, 2, -1, 2.0, 1.5, -3, 2**53, float(2**53), 2**53 + 1, "", "a", "ab", "1")
PATTERNS = ("^a", "b$", "a|1", ".", "^$", "A")


class Maker:
    """Makes one pair after the other from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pair(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.filter(2), self.document(3)

    def document(self, depth: int) -> dict[str, Any]:
        names = self.random.sample(NAMES, self.random.randint(0, 3))
        return {name: self.value(depth - 1) for name in names}

    def value(self, depth: int) -> Any:
        choice = self.random.random()
        if depth <= 0 or choice < 0.4:
            return self.random.choice(SCALARS)
        if choice < 0.75:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 3))]
        return self.document(depth)

    def path(self) -> str:
        return ".".join(self.random.choices(NAMES, weights=(5, 4, 2, 2, 0.3), k=self.random.randint(1, 3)))

    def filter(self, depth: int) -> dict[str, Any]:
        if depth > 0 and self.random.random() < 0.2:
            return {self.random.choice(("$and", "$or", "$nor")): [self.filter(depth - 1) for _ in range(2)]}
        return {self.path(): self.condition(depth) for _ in range(self.random.randint(1, 2))}

    def condition(self, depth: int) -> Any:
        if self.random.random() < 0.15:
            return self.value(1)
        condition: dict[str, Any] = {}
        for _ in range(self.random.choice((1, 1, 2))):
            condition.update(self.operator(depth))
        return condition

    def operator(self, depth: int) -> dict[str, Any]:
        name = self.random.choice(OPERATORS)
        if name in ("$in", "$nin", "$all"):
            return {name: [self.value(1) for _ in range(self.random.randint(0, 3))]}
        simple = {
            "$exists": lambda: self.random.choice((True, False, 0, 1, None)),
            "$size": lambda: self.random.choice((0, 1, 2, 2.0)),
            "$mod": lambda: [self.random.choice((2, 3, -2, 2.5)), self.random.choice((0, 1, -1, 1.5))],
            "$regex": lambda: self.random.choice(PATTERNS),
        }
        if name in simple:
            return {name: simple[name]()}
        if name in ("$not", "$elemMatch") and depth > 0:
            return {name: self.nested(name, depth - 1)}
        return {self.random.choice(("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")): self.value(1)}

    def nested(self, name: str, depth: int) -> dict[str, Any]:
        if name == "$elemMatch" and self.random.random() < 0.5:
            return self.filter(depth)
        return self.operator(depth)


OPERATORS = (
    *("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$all", "$exists", "$size", "$mod", "$regex"),
    *("$not", "$elemMatch", "$elemMatch"),
)
