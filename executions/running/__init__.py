"""Run one attempt of a step: its code, its lease, its limits, what it leaves behind."""
