"""What the sections of a workload file share: no keys but their own, and a number only where one is written."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Int = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]


class Section(BaseModel):
    """One of the mappings in a file. Any other key in it is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
