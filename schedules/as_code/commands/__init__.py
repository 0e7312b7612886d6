"""The subcommands `export`, `plan` and `apply`."""
