"""Makes ``tests`` a package whose root is the repository, so that tests import their helpers by name.

And how hypothesis runs everywhere: without limits of time, which a busy machine breaks, and with fixtures
that all examples of a test share. And no window needs a screen.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unfade",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("unfade")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
