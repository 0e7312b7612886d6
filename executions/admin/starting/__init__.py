"""Starting a workflow by hand: a page with a form for its input."""

from executions.admin.starting.page import start_page

__all__ = ["start_page"]
