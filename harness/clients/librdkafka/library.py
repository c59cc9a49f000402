"""librdkafka's C functions, as far as a producer needs them, in the shared object of the confluent-kafka wheel.

All else here speaks of a ``Handle``. Every call lets go of the interpreter while it runs.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p
from functools import cache
from typing import Any

import confluent_kafka
import confluent_kafka.cimpl
import numpy as np
import numpy.typing as npt

from harness.clients import ClientRefused, Int64

PRODUCER = 0
COPY = 0x2  # RD_KAFKA_MSG_F_COPY
PURGE = 0x1 | 0x2 | 0x4  # RD_KAFKA_PURGE_F_QUEUE, _INFLIGHT and _NON_BLOCKING
DELIVERY_REPORTS, LOG, ERROR = 0x1, 0x4, 0x8  # RD_KAFKA_EVENT_*
FATAL = -150  # RD_KAFKA_RESP_ERR__FATAL
STATUSES = ("NOT_PERSISTED", "POSSIBLY_PERSISTED", "PERSISTED")  # RD_KAFKA_MSG_STATUS_*
_TEXT_BYTES = 512

Event = tuple[int, int]
"""Where one is, and when it was taken from its queue."""

_FUNCTIONS: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
    "rd_kafka_err2name": (c_char_p, (c_int,)),
    "rd_kafka_conf_new": (c_void_p, ()),
    "rd_kafka_conf_destroy": (None, (c_void_p,)),
    "rd_kafka_conf_set": (c_int, (c_void_p, c_char_p, c_char_p, c_char_p, c_size_t)),
    "rd_kafka_conf_get": (c_int, (c_void_p, c_char_p, c_char_p, POINTER(c_size_t))),
    "rd_kafka_conf_set_events": (None, (c_void_p, c_int)),
    "rd_kafka_conf": (c_void_p, (c_void_p,)),
    "rd_kafka_new": (c_void_p, (c_int, c_void_p, c_char_p, c_size_t)),
    "rd_kafka_destroy": (None, (c_void_p,)),
    "rd_kafka_set_log_queue": (c_int, (c_void_p, c_void_p)),
    "rd_kafka_topic_new": (c_void_p, (c_void_p, c_char_p, c_void_p)),
    "rd_kafka_topic_destroy": (None, (c_void_p,)),
    "rd_kafka_produce_batch": (c_int, (c_void_p, c_int32, c_int, c_void_p, c_int)),
    "rd_kafka_produceva": (c_void_p, (c_void_p, c_void_p, c_size_t)),
    "rd_kafka_flush": (c_int, (c_void_p, c_int)),
    "rd_kafka_purge": (c_int, (c_void_p, c_int)),
    "rd_kafka_fatal_error": (c_int, (c_void_p, c_char_p, c_size_t)),
    "rd_kafka_queue_get_main": (c_void_p, (c_void_p,)),
    "rd_kafka_queue_destroy": (None, (c_void_p,)),
    "rd_kafka_queue_poll": (c_void_p, (c_void_p, c_int)),
    "rd_kafka_queue_yield": (None, (c_void_p,)),
    "rd_kafka_event_type": (c_int, (c_void_p,)),
    "rd_kafka_event_error": (c_int, (c_void_p,)),
    "rd_kafka_event_log": (c_int, (c_void_p, POINTER(c_char_p), POINTER(c_char_p), POINTER(c_int))),
    "rd_kafka_event_message_count": (c_size_t, (c_void_p,)),
    "rd_kafka_event_message_array": (c_size_t, (c_void_p, c_void_p, c_size_t)),
    "rd_kafka_event_destroy": (None, (c_void_p,)),
    "rd_kafka_message_status": (c_int, (c_void_p,)),
    "rd_kafka_init_transactions": (c_void_p, (c_void_p, c_int)),
    "rd_kafka_begin_transaction": (c_void_p, (c_void_p,)),
    "rd_kafka_commit_transaction": (c_void_p, (c_void_p, c_int)),
    "rd_kafka_abort_transaction": (c_void_p, (c_void_p, c_int)),
    "rd_kafka_send_offsets_to_transaction": (c_void_p, (c_void_p, c_void_p, c_void_p, c_int)),
    "rd_kafka_error_code": (c_int, (c_void_p,)),
    "rd_kafka_error_name": (c_char_p, (c_void_p,)),
    "rd_kafka_error_string": (c_char_p, (c_void_p,)),
    "rd_kafka_error_is_fatal": (c_int, (c_void_p,)),
    "rd_kafka_error_txn_requires_abort": (c_int, (c_void_p,)),
    "rd_kafka_error_destroy": (None, (c_void_p,)),
    "rd_kafka_topic_partition_list_new": (c_void_p, (c_int,)),
    "rd_kafka_topic_partition_list_add": (c_void_p, (c_void_p, c_char_p, c_int32)),
    "rd_kafka_topic_partition_list_set_offset": (c_int, (c_void_p, c_char_p, c_int32, c_int64)),
    "rd_kafka_topic_partition_list_destroy": (None, (c_void_p,)),
    "rd_kafka_consumer_group_metadata_read": (c_void_p, (POINTER(c_void_p), c_char_p, c_size_t)),
    "rd_kafka_consumer_group_metadata_destroy": (None, (c_void_p,)),
}


@cache
def functions() -> Any:
    """All of them, by their names. Raises ``ClientRefused`` where the wheel does not export them, as on musl."""
    library = ctypes.CDLL(confluent_kafka.cimpl.__file__)
    try:
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError as missing:
        raise ClientRefused(f"confluent-kafka exports no librdkafka in this build ({missing})") from missing
    return library


def version() -> str:
    return f"{confluent_kafka.libversion()[0]} (confluent-kafka {confluent_kafka.__version__})"


@cache
def error_name(code: int) -> str:
    """As ``KafkaError.name`` has it: ``_MSG_TIMED_OUT``."""
    return str(functions().rd_kafka_err2name(code).decode())


def milliseconds(seconds: float) -> int:
    """librdkafka waits in whole ones: the next."""
    return -int(-seconds * 1000 // 1)


class _Said(ctypes.Structure):
    """``rd_kafka_vu_t``, what one message has: a kind, and up to three words of what that has."""

    _fields_ = [("kind", c_int), ("words", c_int64 * 8)]

    def __init__(self, kind: int, *words: int) -> None:
        super().__init__(kind, (c_int64 * 8)(*words))


_RKT, _PARTITION, _VALUE, _KEY, _OPAQUE, _FLAGS, _TIMESTAMP, _HEADER = range(2, 10)  # RD_KAFKA_VTYPE_*


def _at(content: bytes) -> int:
    """Where it lies, as long as somebody has it."""
    return ctypes.cast(c_char_p(content), c_void_p).value or 0


class Handle:
    """One librdkafka producer with its own configuration and its main queue. The last call is ``destroy``."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        """``arguments`` have librdkafka's own names. Connects nothing. Raises ``ClientRefused``."""
        self.calls = functions()
        text = ctypes.create_string_buffer(_TEXT_BYTES)
        conf = self.calls.rd_kafka_conf_new()
        for name, value in {**arguments, "log.queue": True}.items():
            word = str(value).lower() if isinstance(value, bool) else str(value)
            if self.calls.rd_kafka_conf_set(conf, name.encode(), word.encode(), text, _TEXT_BYTES):
                self.calls.rd_kafka_conf_destroy(conf)
                raise ClientRefused(text.value.decode())
        self.calls.rd_kafka_conf_set_events(conf, DELIVERY_REPORTS | ERROR | LOG)
        self.pointer = self.calls.rd_kafka_new(PRODUCER, conf, text, _TEXT_BYTES)
        if self.pointer is None:
            self.calls.rd_kafka_conf_destroy(conf)
            raise ClientRefused(text.value.decode())
        self.calls.rd_kafka_set_log_queue(self.pointer, None)
        self.queue = self.calls.rd_kafka_queue_get_main(self.pointer)
        self._topics: dict[str, int] = {}

    def setting(self, name: str) -> str | None:
        """What it runs with, None where it says nothing of it."""
        text, size = ctypes.create_string_buffer(_TEXT_BYTES), c_size_t(_TEXT_BYTES)
        missing = self.calls.rd_kafka_conf_get(self.calls.rd_kafka_conf(self.pointer), name.encode(), text, byref(size))
        return None if missing else text.value.decode()

    def produce(self, topic: str, partition: int, batch: npt.NDArray[np.void]) -> int:
        """Copies these messages into its queue. Returns how many; of each other one ``err`` says why not."""
        place = self._topic(topic), partition
        return int(self.calls.rd_kafka_produce_batch(*place, COPY, batch.ctypes.data, len(batch)))

    def produce_one(
        self,
        topic: str,
        partition: int,
        private: int,
        value: bytes | None,
        key: bytes | None,
        headers: Sequence[tuple[str, bytes]],
        at_ms: int | None,
    ) -> int:
        """The same for one that has what no array of messages has: headers, a timestamp, or no value. Returns the
        error with which it was refused, or 0.
        """
        place = [_Said(_RKT, self._topic(topic)), _Said(_PARTITION, partition)]
        said = [*place, _Said(_FLAGS, COPY), _Said(_OPAQUE, private)]
        named = [(name.encode(), content) for name, content in headers]
        said += [_Said(_VALUE, _at(value), len(value))] if value is not None else []
        said += [_Said(_KEY, _at(key), len(key))] if key is not None else []
        said += [_Said(_TIMESTAMP, at_ms)] if at_ms is not None else []
        said += [_Said(_HEADER, _at(name), _at(content), len(content)) for name, content in named]
        error = self.calls.rd_kafka_produceva(self.pointer, (_Said * len(said))(*said), len(said))
        if error is None:
            return 0
        code = int(self.calls.rd_kafka_error_code(error))
        self.calls.rd_kafka_error_destroy(error)
        return code

    def _topic(self, name: str) -> int:
        if name not in self._topics:
            self._topics[name] = self.calls.rd_kafka_topic_new(self.pointer, name.encode(), None)
        return self._topics[name]

    def messages(self, events: Sequence[int]) -> tuple[Int64, Int64]:
        """Where the messages of these delivery reports are, as long as the events are there, and how many each has. A
        second time there are none.
        """
        lengths = np.array([self.calls.rd_kafka_event_message_count(event) for event in events], np.int64)
        addresses = np.empty(lengths.sum(), np.int64)
        at = addresses.ctypes.data
        for event, length in zip(events, lengths.tolist(), strict=True):
            self.calls.rd_kafka_event_message_array(event, at, length)
            at += length * addresses.itemsize
        return addresses, lengths

    def fatal_error(self) -> str:
        """Why it can do nothing any more, in its own words."""
        text = ctypes.create_string_buffer(_TEXT_BYTES)
        self.calls.rd_kafka_fatal_error(self.pointer, text, _TEXT_BYTES)
        return text.value.decode()

    def flush(self, timeout_s: float) -> None:
        """Waits until nothing waits for its report any more. Somebody else has to take reports meanwhile."""
        self.calls.rd_kafka_flush(self.pointer, milliseconds(timeout_s))

    def purge(self) -> None:
        """What waits, and what is on its way, gets an error for its report."""
        self.calls.rd_kafka_purge(self.pointer, PURGE)

    @contextlib.contextmanager
    def events(self, timeout_s: float, most: int, together_s: float = 0) -> Iterator[list[Event]]:
        """Those that are there: the first may come within ``timeout_s``, others within ``together_s`` behind it. They
        are gone behind the context.
        """
        found: list[Event] = []
        wait_ms, until_ns = milliseconds(timeout_s), 0
        try:
            while len(found) < most and (event := self.calls.rd_kafka_queue_poll(self.queue, wait_ms)):
                found.append((event, now_ns := time.monotonic_ns()))
                until_ns = until_ns or now_ns + int(together_s * 1e9)
                wait_ms = max(0, until_ns - now_ns) // 1_000_000
            yield found
        finally:
            for event, _ in found:
                self.calls.rd_kafka_event_destroy(event)

    def print_log(self, event: int) -> None:
        """To stderr, in librdkafka's own form."""
        facility, text, level = c_char_p(), c_char_p(), c_int()
        self.calls.rd_kafka_event_log(event, byref(facility), byref(text), byref(level))
        words = [(each.value or b"").decode(errors="replace") for each in (facility, text)]
        print(f"%{level.value}|{words[0]}| {words[1]}", file=sys.stderr)

    def destroy(self) -> None:
        """Waits for librdkafka's threads, however long they take. Nobody else may be in a call of it."""
        for topic in self._topics.values():
            self.calls.rd_kafka_topic_destroy(topic)
        self.calls.rd_kafka_queue_destroy(self.queue)
        self.calls.rd_kafka_destroy(self.pointer)
