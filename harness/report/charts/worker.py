"""A process that draws some figures of a run's report beside the process that makes it.

Spec: ``{"folder": path}``, of the run. Command: ``{"do": "draw", "name": name}`` -> "drawn", with ``problem`` or null.
"""

from __future__ import annotations

from pathlib import Path

from harness.process import Message
from harness.report.charts import CHARTS
from harness.report.charts.saving import save
from harness.report.data import Data
from harness.serving import Answer, Role, serve
from harness.store import Results


class DrawingRole(Role):
    """Draws what it is told to of the run that it read."""

    def start(self, spec: Message) -> Message:
        self._into = Path(spec["folder"]) / "charts"
        data = Data.of(Results.open(Path(spec["folder"])))
        self._drawings = {drawing.name: drawing for chart in CHARTS for drawing in chart.draw(data)}
        return {}

    def obey(self, command: Message) -> Answer:
        match command:
            case {"do": "draw", "name": name} if name in self._drawings:
                return "drawn", {"problem": save(self._drawings[name], self._into)}
        return super().obey(command)


if __name__ == "__main__":
    serve(DrawingRole())
