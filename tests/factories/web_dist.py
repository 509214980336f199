"""A small browser app as Vite builds it, with compressed forms of some files."""

import gzip
import os
from pathlib import Path

INDEX = '<!doctype html><title>Taskfleet</title><script type="module" src="/assets/index-4f2a9c1b.js"></script>\n'
SCRIPT = "export const names = [" + "'task', " * 500 + "];\n"
SCRIPT_PATH = "/assets/index-4f2a9c1b.js"
STYLE = "body { margin: 0 }\n"
STYLE_PATH = "/assets/index-9e107d9d.css"
# Nothing here can write it; the service only hands it on.
SCRIPT_IN_BROTLI = b"the script, in Brotli"
SCRIPT_IN_GZIP = gzip.compress(SCRIPT.encode(), mtime=0)
INDEX_IN_GZIP = gzip.compress(INDEX.encode(), mtime=0)

_FILES: dict[str, str | bytes] = {
    "index.html": INDEX,
    "index.html.gz": INDEX_IN_GZIP,
    "favicon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    "manifest.webmanifest": '{"name": "Taskfleet"}\n',
    "sw.js": "self.addEventListener('fetch', () => {});\n",
    SCRIPT_PATH[1:]: SCRIPT,
    f"{SCRIPT_PATH[1:]}.br": SCRIPT_IN_BROTLI,
    f"{SCRIPT_PATH[1:]}.gz": SCRIPT_IN_GZIP,
    STYLE_PATH[1:]: STYLE,
    # Neither is what it says to be, but all three are equally long.
    f"{STYLE_PATH[1:]}.br": STYLE[::-1],
    f"{STYLE_PATH[1:]}.gz": STYLE.upper(),
    "assets/inter-1a2b3c4d.woff2": "a font\n",
}


# What reproducible builds set all times of files to, or something like it.
_MODIFIED_AT = 1_700_000_000


def make_web_dist(directory: Path) -> Path:
    """Build the app in a directory that does not exist yet, and return it."""
    for name, content in _FILES.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(file, (_MODIFIED_AT, _MODIFIED_AT))
    return directory
