"""Conditions on the events of a run, and what is made of them: breakpoints and watches."""
