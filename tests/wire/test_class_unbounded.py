"""What bounds a session does not bound the server, nor the process that forks sessions."""

import resource
import sys
from pathlib import Path

import pytest
from wire.serving import Serving


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the limits of other processes")
def test_the_server_may_use_the_processor_for_as_long_as_a_class_lasts(tmp_path: Path) -> None:
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    with Serving(tmp_path, "tanh4") as serving:
        family = [each.pid for each in serving.family()]
        assert serving.forker in family
        assert [resource.prlimit(pid, resource.RLIMIT_CPU) for pid in family] == [unlimited] * len(family)
