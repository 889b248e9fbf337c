"""One row for each thing of any room: id, owner, visibility, title, state, aliases, grants, holds."""
