"""Pictures: each a pure function from a moment to lines of block and braille characters, and its twin in words."""
