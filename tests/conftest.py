"""Settings of the whole test run."""

from hypothesis import settings

# No deadline: a busy machine is no failure. Derandomised: a red run is the change's doing, not the
# dice's; loops over seeds cover more ground where it matters.
settings.register_profile("benchgame", deadline=None, derandomize=True)
settings.load_profile("benchgame")
