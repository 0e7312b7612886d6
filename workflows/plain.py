"""Plain JSON values: what may stand in a definition, an input or a result, and how large it may be."""

from organizations.plain import MAX_DEPTH, MAX_INTEGER, MAX_ITEMS, Path, check_plain, check_text

__all__ = ["MAX_DEPTH", "MAX_INTEGER", "MAX_ITEMS", "Path", "check_plain", "check_text"]
