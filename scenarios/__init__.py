"""The examples that ship with bptui: data files only; this file lets importlib.resources find them."""
