"""How many files and connections this process may have open."""

from __future__ import annotations

import resource

# Systems let a process have more than they give it: macOS gives 256 and takes 10,240, Linux gives 1,024.
_WANTED = (65_536, 10_240, 4_096)


def allow_many() -> None:
    """Have as many as the system lets us, up to what a busy cloud needs; each function gets what Lambda gives."""
    given, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in _WANTED:
        aim = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        if given >= aim:
            return
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (aim, most))
        except (ValueError, OSError):
            continue  # the kernel's own bound is below
        return
