"""When an acked message may be gone."""

from harness.verify.rules.table import (
    ACKS,
    ALLOWED,
    CASES,
    CLIENT,
    DISK_GOES,
    EXPECTED,
    FORBIDDEN,
    LEADER_GOES,
    LEADER_STAYS,
    PERSISTENCE,
    REPLICATION,
    SPLIT_BRAIN,
    WIRE,
    Rule,
    rule,
)

_ACKS_0 = (
    rule(ALLOWED, "with acks=0 nobody promised anything", ACKS, acks="0", fault=CASES),
    rule(
        EXPECTED,
        "with acks=0 the client never hears that its request was lost",
        "measured: lose-request loses every message of each request it hits",
        acks="0",
        fault="lose-request",
    ),
    rule(
        EXPECTED,
        "what the frozen leader had not read yet is written by a deposed leader, and nobody tells the client",
        "measured: zombie-leader loses all messages sent during the freeze",
        acks="0",
        fault="zombie-leader",
        replicated=True,
    ),
    rule(
        EXPECTED,
        "what waited in the socket of a frozen leader dies with it, and nobody tells the client",
        "measured: frozen-leader loses all messages sent during the freeze",
        acks="0",
        fault="frozen-leader",
        replicated=True,
    ),
    rule(
        EXPECTED,
        "what the killed leader had not read or not replicated yet is gone, and nobody tells the client",
        "measured: kill-leader lost some in 18 of 18 at 3,000 messages/s with linger.ms=5 and in 36 of 36 at 20,000, "
        "kill-all in 18 of 18 and 3 of 3; with linger.ms=25 a kill at 3,000 can fall between two batches: 2 of 18 did",
        acks="0",
        fault=("kill-leader", "kill-all"),
        replicated=True,
        dense=True,
    ),
    rule(
        EXPECTED,
        "what is sent to a broker that goes, until the client hears that it went, is gone, and nobody tells the client",
        "measured: some in every repetition at 3,000 messages/s",
        acks="0",
        fault=("rolling-kill", "stop-leader", "rolling-stop", "read-only-disk", "full-disk"),
        replicated=True,
        under_load=True,
    ),
    rule(
        EXPECTED,
        "what was on its way when the connections were reset is gone, and nobody tells the client",
        "measured: refuse loses whole requests in every repetition",
        acks="0",
        fault="refuse",
    ),
    rule(
        EXPECTED,
        "a leader that does not know that it is deposed writes what no follower will ever fetch, and truncates it",
        "measured: partition-controller and partition-leader lost some in every repetition, at 3,000 messages/s",
        acks="0",
        fault=SPLIT_BRAIN,
        replicated=True,
        under_load=True,
    ),
)

_ACKS_1 = (
    rule(
        FORBIDDEN,
        "the leader has it in its log before it acks, and no other broker comes to lead",
        ACKS,
        acks="1",
        fault=("none", *CLIENT, *WIRE, *LEADER_STAYS),
    ),
    rule(
        ALLOWED,
        "the leader acks before its followers have it, and whether a failover hits that gap is chance",
        f"{ACKS}; measured: 1 kill of 10 lost some",
        acks="1",
        fault=(*LEADER_GOES, *DISK_GOES),
        replicated=True,
    ),
    rule(
        EXPECTED,
        "the deposed leader wakes up, writes and acks what no follower will ever fetch",
        f"{ACKS}; measured: zombie-leader lost some in every repetition",
        acks="1",
        fault="zombie-leader",
        replicated=True,
    ),
    rule(
        EXPECTED,
        "a leader that does not know that it is deposed acks what no follower will ever fetch, and truncates it",
        f"{ACKS}; measured: partition-controller and partition-leader lost some in every repetition, "
        "at 3,000 messages/s",
        acks="1",
        fault=SPLIT_BRAIN,
        replicated=True,
        under_load=True,
    ),
)

_ACKS_ALL = (
    rule(
        FORBIDDEN,
        "every replica in sync has it before it is acked, and only a replica in sync leads next",
        REPLICATION,
        acks="all",
        fault=CASES,
    ),
    rule(
        ALLOWED,
        "one replica in sync is enough for an ack, and unclean election lets one lead that is behind",
        "Kafka documentation, Topic Configs, unclean.leader.election.enable; KIP-966",
        acks="all",
        fault=LEADER_GOES,
        replicated=True,
        unclean=True,
    ),
)

_ANY_ACKS = (
    rule(
        FORBIDDEN,
        "it is in the page cache before it is acked, which outlives a killed process, and the same disk leads on",
        f"{PERSISTENCE}; measured: one replica, killed and restarted, lost nothing",
        acks=("1", "all"),
        fault=LEADER_GOES,
        replicated=False,
    ),
    rule(
        EXPECTED,
        "the leader has and acks what its frozen followers have not fetched, and one of them leads next",
        "measured: crash-before-replication loses every message it acked",
        acks=("0", "1"),
        fault="crash-before-replication",
        replicated=True,
    ),
    rule(
        EXPECTED,
        "the leader has and acks what its followers, out of sync, have not fetched, and one of them is made to lead",
        "Kafka documentation, Unclean leader election; measured: unclean-election loses every message it acked",
        acks=("0", "1"),
        fault="unclean-election",
        replicated=True,
    ),
    rule(
        EXPECTED,
        "the leader alone acks what its followers, out of sync, have not fetched, and an eligible one leads next",
        "KIP-966: an eligible replica has what min.insync.replicas had; measured: last-in-sync-dies loses every "
        "message that the leader acked alone",
        acks=("0", "1"),
        fault="last-in-sync-dies",
        replicated=True,
        eligible=True,
        one_is_enough=False,
    ),
    rule(
        EXPECTED,
        "with min.insync.replicas=1 the leader alone is enough for an ack, and one that is behind is made to lead",
        "Kafka documentation, Unclean leader election; measured: unclean-election loses every message it acked",
        acks="all",
        fault="unclean-election",
        replicated=True,
        one_is_enough=True,
    ),
)

_DISKS = (
    rule(
        EXPECTED,
        "an ack says that replicas have it in memory, not that it is on a disk: without power all copies go",
        f"{PERSISTENCE}; measured: power-loss loses all that was not forced to disk",
        fault="power-loss",
        flushed=False,
    ),
    rule(
        EXPECTED,
        "an ack says that the leader has it in memory, not that it is on its disk, and there is no other copy",
        f"{PERSISTENCE}; measured: power-loss loses all that was not forced to disk",
        fault="power-loss-leader",
        replicated=False,
        flushed=False,
    ),
    rule(
        ALLOWED,
        "a replica in sync that forgot what it had comes back, and whether it leads before it is found out is chance",
        f"{PERSISTENCE}; KIP-966 names it the last replica standing",
        acks="all",
        fault="power-loss-leader",
        replicated=True,
        flushed=False,
    ),
    rule(
        ALLOWED,
        "the leader acks before its followers have it, and whether one that has it leads next is chance",
        ACKS,
        acks="1",
        fault="power-loss-follower",
        leader_dies=True,
    ),
    rule(
        EXPECTED,
        "the only replica that is left forgot what it had, and is made to lead",
        f"{PERSISTENCE}; measured: power-loss-follower with leader_dies and two replicas loses all that was acked",
        fault="power-loss-follower",
        leader_dies=True,
        replicated=True,
        third_replica=False,
        flushed=False,
    ),
    rule(
        FORBIDDEN,
        "with flush.messages=1 it is forced to disk before it is acked",
        "Kafka documentation, Topic Configs, flush.messages",
        acks="all",
        fault=("power-loss", "power-loss-leader"),
        flushed=True,
    ),
    rule(
        FORBIDDEN,
        "with flush.messages=1 it is forced to disk before it is acked, and the same disk leads on",
        "Kafka documentation, Topic Configs, flush.messages",
        acks="1",
        fault=("power-loss", "power-loss-leader"),
        replicated=False,
        flushed=True,
    ),
    rule(
        EXPECTED,
        "the only copy is gone",
        "measured: disk-lost with one replica loses everything",
        fault="disk-lost",
        replicated=False,
    ),
)

LOST: tuple[Rule, ...] = (*_ACKS_0, *_ACKS_1, *_ACKS_ALL, *_ANY_ACKS, *_DISKS)
