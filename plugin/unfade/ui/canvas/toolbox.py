"""Which tool the pointer has: the one that was chosen, or one that is lent for a moment."""

from __future__ import annotations

from collections.abc import Mapping

from unfade.ui.canvas.tools import Tool, ToolId


class Toolbox:
    """The tools, of which one is in use. Moving the picture is none of them, and has the id PAN."""

    def __init__(self, tools: Mapping[ToolId, Tool]) -> None:
        """``tools`` has one for each id but PAN."""
        self._tools = tools
        self._lent: Tool | None = None
        self.chosen = ToolId.PAN

    @property
    def tool(self) -> Tool | None:
        """What the pointer and Enter use; None where they move the picture."""
        return self._lent or self._tools.get(self.chosen)

    @property
    def lent(self) -> Tool | None:
        """The tool that is lent."""
        return self._lent

    def lend(self, tool: Tool | None) -> None:
        """Has a tool stand in for the chosen one; None gives that back."""
        self._lent = tool
