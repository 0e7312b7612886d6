"""What follows from what: the step graph, items, outcomes, retries. Pure."""
