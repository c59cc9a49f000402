"""A sweep against a base: two arms that differ in one thing, whose trials take turns on warm brokers.

What happens to the machine happens to either, so that what is told apart is the thing, and not the hour.
"""
