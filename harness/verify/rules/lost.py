"""When an acked message may be gone."""

from harness.verify.rules.table import ACKS, ALLOWED, FORBIDDEN, PERSISTENCE, REPLICATION, Rule, rule

LOST: tuple[Rule, ...] = (
    rule(ALLOWED, "with acks=0 nobody promised anything", ACKS, acks="0"),
    rule(
        ALLOWED,
        "the leader acks before its followers have it, and whether a failover hits that gap is chance",
        ACKS,
        acks="1",
    ),
    rule(
        FORBIDDEN,
        "it is in the page cache before it is acked, which outlives a killed process, and the same disk leads on",
        PERSISTENCE,
        acks="1",
        same_log=True,
    ),
    rule(
        FORBIDDEN,
        "the leader has it in its log before it acks, and no other broker came to lead",
        ACKS,
        acks="1",
        leads_on=True,
    ),
    rule(
        ALLOWED,
        "no replica was in sync, whole and alive all along: whoever leads may lack what was acked",
        f"{REPLICATION}; {PERSISTENCE}; KIP-966 names it the last replica standing",
        acks="all",
    ),
    rule(
        FORBIDDEN,
        "every replica in sync has it before it is acked, and only a replica in sync leads next",
        REPLICATION,
        acks="all",
        survives=True,
    ),
)
