"""Benchmarks: the platform's figures, each beside its peer's from the same run."""
