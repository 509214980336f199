"""Two processes of the API whose parent waits a second for their end: `impatient_parent.py PORT`."""

import sys

from app.api_processes import serve_in_several
from app.embedded.errors import ChildDiedError
from app.embedded.server import LOOPBACK
from app.serving import open_listener

PATIENCE_SECONDS = 1.0

if __name__ == "__main__":
    try:
        serve_in_several(open_listener(LOOPBACK, int(sys.argv[1])), 2, None, PATIENCE_SECONDS)
    except ChildDiedError as error:
        sys.exit(str(error))
