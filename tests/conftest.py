"""For all tests: no example of hypothesis fails because the machine is slow."""

from hypothesis import settings

settings.register_profile("bptui", deadline=None)
settings.load_profile("bptui")
