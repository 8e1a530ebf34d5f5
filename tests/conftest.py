"""Makes ``tests`` a package whose root is the repository, so that tests import their helpers by name.

And how hypothesis runs everywhere: without limits of time, which a busy machine breaks, and with fixtures
that all examples of a test share. No window needs a screen; and the user's own models are neither seen
nor touched.
"""

from __future__ import annotations

import os
import tempfile

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unfade",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("unfade")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_DATA = tempfile.TemporaryDirectory(prefix="unfade-tests-")  # deleted when Python ends
os.environ["XDG_DATA_HOME"] = _DATA.name
