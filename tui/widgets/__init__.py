"""The widgets: line-drawing ones that repaint only what changed."""
