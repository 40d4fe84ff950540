"""Where Python is told to keep no compiled modules, as images of containers do, each server and each worker that the
tests start compiles all of them anew: a third of what such a test costs. So it is told otherwise here.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
