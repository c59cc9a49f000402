"""What may become of a request that a rule falls on, and of the line it came on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """What becomes of all connections, in both directions, until the rule that wants it is taken away."""

    held: bool = False
    """No byte moves and no connection ends. Bytes held go on when they are held no more."""
    refused: bool = False
    """A new connection is reset as soon as it is made."""
    cut: bool = False
    """Every connection there is, is reset, once."""
    bytes_per_s: int | None = None
    """As much of each connection passes in each direction; None is no limit."""

    def __or__(self, other: Line) -> Line:
        """Both at once. To cut is of a moment, so that only ``other`` does."""
        limits = [limit for limit in (self.bytes_per_s, other.bytes_per_s) if limit is not None]
        return Line(
            held=self.held or other.held,
            refused=self.refused or other.refused,
            cut=other.cut,
            bytes_per_s=min(limits, default=None),
        )


OPEN = Line()


@dataclass(frozen=True)
class Plan:
    """What becomes of one request."""

    forward: bool = True
    """The broker gets it."""
    deliver: bool = True
    """The client gets the broker's response."""
    cut: bool = False
    """The connection ends: at the response if there is one, else when all earlier responses are delivered."""
    error: int | None = None
    """The client gets a response that was made here instead, with this error code."""
    request_delay_ms: int = 0
    response_delay_ms: int = 0
    """So much later, as is everything behind it on its connection in its direction."""
    line: Line | None = None
    """What becomes of all connections, once this request has passed."""

    @property
    def of_response(self) -> bool:
        """It is about the response, so that it can say nothing of a request without one (acks=0)."""
        return (self.forward and not self.deliver) or self.error is not None or self.response_delay_ms > 0

    @property
    def of_whole_request(self) -> bool:
        """Whoever carries it out has to have the whole request."""
        return self.error is not None or self.request_delay_ms > 0 or self.line is not None


PASS_ON = Plan()
