"""Which executions start, wait for a place or are refused: overlap and limits."""
