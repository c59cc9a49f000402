"""All runs of a folder over time: the course of each figure, where it changed, and since which commit. It reports and
draws, and gates nothing: what two runs have between them is more than what is looked for (``harness.against``).
"""
