"""What a script is made of: small steps, pure data, that anybody can read and ``act`` carries out in order.

A new one is a dataclass in the module of its kind, which says what it needs, and its name here.
"""

from __future__ import annotations

from harness.faults.steps.disks import FillDisk, LoseDisk, LosePower, MakeReadOnly, MakeWritable
from harness.faults.steps.load import (
    AwaitAcks,
    AwaitSent,
    KillClient,
    PauseClient,
    RestartClient,
    ResumeClient,
    Send,
    Sleep,
)
from harness.faults.steps.network import Cut, Direction, Disconnect, Mend, Others, Reconnect
from harness.faults.steps.nodes import (
    AwaitCoordinator,
    AwaitEnd,
    AwaitFailover,
    AwaitHealthy,
    AwaitIsrOfLeader,
    ElectUnclean,
    Kill,
    Pause,
    Restart,
    RestartInTurn,
    Resume,
    ShutDown,
    Target,
)
from harness.faults.steps.pipeline import (
    AddWorker,
    AwaitProcessed,
    AwaitShares,
    AwaitStop,
    FreezeWorker,
    KillWorker,
    StallWorker,
    StartWorker,
    StopWorker,
)
from harness.faults.steps.step import LineNeed, Need, Step
from harness.faults.steps.together import Part, Together
from harness.faults.steps.transactions import (
    AwaitCommitted,
    AwaitExpired,
    AwaitGoneOn,
    AwaitStopped,
    FenceClient,
    GoOn,
    StopClient,
)
from harness.faults.steps.wire import AwaitFired, SetRules

__all__ = [
    "AddWorker",
    "AwaitAcks",
    "AwaitCommitted",
    "AwaitCoordinator",
    "AwaitEnd",
    "AwaitExpired",
    "AwaitFailover",
    "AwaitFired",
    "AwaitGoneOn",
    "AwaitHealthy",
    "AwaitIsrOfLeader",
    "AwaitProcessed",
    "AwaitSent",
    "AwaitShares",
    "AwaitStop",
    "AwaitStopped",
    "Cut",
    "Direction",
    "Disconnect",
    "ElectUnclean",
    "FenceClient",
    "FillDisk",
    "FreezeWorker",
    "GoOn",
    "Kill",
    "KillClient",
    "KillWorker",
    "LineNeed",
    "LoseDisk",
    "LosePower",
    "MakeReadOnly",
    "MakeWritable",
    "Mend",
    "Need",
    "Others",
    "Part",
    "Pause",
    "PauseClient",
    "Reconnect",
    "Restart",
    "RestartClient",
    "RestartInTurn",
    "Resume",
    "ResumeClient",
    "Send",
    "SetRules",
    "ShutDown",
    "Sleep",
    "StallWorker",
    "StartWorker",
    "Step",
    "StopClient",
    "StopWorker",
    "Target",
    "Together",
]
