"""Limits of workflows: how many of their executions run at once, or start in a period.

`wanted` says which places a start wants, `rooms` what becomes of it (both pure); `entering` decides on starts
under the locks of their groups, `letting_in` admits what waits, `reasons` tells a person what it waits for.
"""
