"""The tests; the tree mirrors the applications."""
