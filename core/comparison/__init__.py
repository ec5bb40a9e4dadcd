"""A reader's own backward pass beside the true rules."""
