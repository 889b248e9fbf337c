"""Write .env.example and the table of settings in the README from the class that reads them."""

import re
from pathlib import Path

from app.core.config import Config

ROOT = Path(__file__).parents[1]
HEAD = "# Settings of Quaymaster, with their defaults. Copy to .env and change what you need.\n"
SHIPPED = {"REGISTRATION": "open"}  # a first trial should not need an admin
TABLE = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- end of settings -->)", re.DOTALL)


def example() -> str:
    lines = [HEAD]
    for field in Config.settings():
        name = field.name.upper()
        value = SHIPPED.get(name, field.metadata["default"])
        lines.append(f"# {field.metadata['doc']}\n{'' if value else '# '}{name}={value}\n")
    return "\n".join(lines)


def table() -> str:
    rows = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for field in Config.settings():
        default = f"`{field.metadata['default']}`" if field.metadata["default"] else ""
        rows.append(f"| `{field.name.upper()}` | {default} | {field.metadata['doc']} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    (ROOT / ".env.example").write_text(example())
    readme = ROOT / "README.md"
    readme.write_text(TABLE.sub(lambda _: table(), readme.read_text()))
