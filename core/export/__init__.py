"""Hand-outs: a run written out step by step, as Markdown, LaTeX, a web page or a table."""
