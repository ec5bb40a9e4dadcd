"""The terminal's side: the command line, plain lines, and the screen."""
