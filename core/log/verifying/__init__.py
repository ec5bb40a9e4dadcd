"""Verifying a log: its lines, their order, their values, and what the reader did."""
