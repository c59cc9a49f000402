"""What two stored runs say of the same trials: which guarantee changed between them.

Figures of performance are not compared: two runs were measured at different times, and what the machine did in
between would be taken for a difference.
"""
