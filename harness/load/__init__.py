"""The load: messages, their pace, and the worker processes that send, receive and scan them.

Nothing here runs in the harness's own process but the codec and the pacer; workers are started through
``harness.process.Child`` and leave Parquet journals behind.
"""
