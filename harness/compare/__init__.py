"""What two runs say of the same trials: which guarantee changed between them, and which figure got worse."""
