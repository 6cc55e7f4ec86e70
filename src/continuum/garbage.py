"""How often Python looks for objects that refer to each other and are not needed any more."""

import gc

#: As often as Python does by itself costs a notebook a twentieth of its time, and reading sources a third of theirs;
#: there is next to no garbage of this kind, and what there is may wait until this many objects have been made.
_AFTER = (100_000, 50, 100)


def collect_seldom() -> None:
    """Look for garbage rarely in this process from now on."""
    gc.set_threshold(*_AFTER)
