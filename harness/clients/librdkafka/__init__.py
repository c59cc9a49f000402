"""librdkafka itself, driven through arrays: what goes in and what comes back are columns, without a call a message.

It is the library that confluent-kafka runs on, out of the same wheel. ``settings`` is of both clients, all else of this
one.
"""
