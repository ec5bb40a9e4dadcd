"""For all tests: no example of hypothesis fails because the machine is slow; the user's own files stay out of it."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("bptui", deadline=None)
settings.load_profile("bptui")


@pytest.fixture(scope="session", autouse=True)
def _no_files_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings and what is remembered between runs are looked for in an empty folder, and kept there."""
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        yield
