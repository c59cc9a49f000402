"""What every fault's parameters have in common: the load it needs to be seen."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from harness.load.codec import HEADER_BYTES


class Parameters(BaseModel):
    """Parameters of a fault, as a workload file may give them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    messages: int = Field(ge=1, le=10_000_000, description="messages sent under the fault")
    message_size: int = Field(100, ge=HEADER_BYTES, le=1_000_000, description="bytes of one message's value")
    warmup: int = Field(50, ge=1, le=1_000_000, description="messages sent, and waited for, before the fault")
