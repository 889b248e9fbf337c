"""A filter over documents as the same filter over documents that stand in a field of others."""

from typing import Any


def prefixed(filter: Any, field: str) -> Any:
    """The filter whose every path begins with `field`; what is no filter is left as it is."""
    if not isinstance(filter, dict):
        return filter
    return dict(_term(name, value, field) for name, value in filter.items())


def _term(name: str, value: Any, field: str) -> tuple[str, Any]:
    if name in ("$and", "$or", "$nor"):
        return name, [prefixed(one, field) for one in value] if isinstance(value, list) else value
    if name == "$expr":
        return name, _expression(value, field)
    return (name if name.startswith("$") else f"{field}.{name}"), value


def _expression(value: Any, field: str) -> Any:
    if isinstance(value, list):
        return [_expression(one, field) for one in value]
    if isinstance(value, dict):
        return {name: one if name == "$literal" else _expression(one, field) for name, one in value.items()}
    return _text(value, field) if isinstance(value, str) else value


def _text(text: str, field: str) -> str:
    for variable in ("$$ROOT", "$$CURRENT"):
        if text == variable or text.startswith(f"{variable}."):
            return f"{variable}.{field}{text.removeprefix(variable)}"
    is_path = text.startswith("$") and not text.startswith("$$") and len(text) > 1
    return f"${field}.{text[1:]}" if is_path else text
