"""The `keras-san` command: one module a sub-command."""
