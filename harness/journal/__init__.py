"""The journal: the only thing that crosses from running to judging.

While a producer runs, its columns live in one file mapped into its memory (``mapped``): one that is killed at any
instant leaves every record it had made, with nothing to flush. When it is gone, whoever started it seals that file as
Parquet, and readers get plain numpy columns (``sealed``). What was found in the log is kept in the same way. Who is
measured imports nothing of what only readers need.
"""
