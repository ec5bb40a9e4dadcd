"""Text logs of a run, `bptlog 1`: written, read, replayed and verified. docs/log-format.md describes the format."""
