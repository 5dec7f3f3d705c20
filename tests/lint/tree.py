"""tree.py - what all lints share: which files there are, and C without its comments and strings."""
import os
import re
import subprocess
import sys

FLOORS = {
    "base": 0,
    "wire": 1, "config": 1,
    "chat": 2, "catalog": 2, "predict": 2,
    "dialect": 3, "route": 3, "govern": 3, "upstream": 3, "ledger": 3, "mock": 3, "train": 3,
    "state": 4,
    "admin": 5, "measure": 5,
    "serve": 6,
    "cli": 7,
    "main": 8,  # src/main.c, which only starts what cli/ offers
}


def files(root, *endings):
    """Tracked and new files, or every file where the tree is not a repository."""
    if os.path.exists(os.path.join(root, ".git")):
        listed = subprocess.run(
            ["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
            check=True, capture_output=True, text=True).stdout.splitlines()
    else:
        listed = [os.path.relpath(os.path.join(folder, name), root)
                  for folder, _, names in os.walk(root) for name in names]
    return sorted(path for path in set(listed)
                  if (not endings or path.endswith(endings))
                  and os.path.isfile(os.path.join(root, path)))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_only(text):
    """The same lines, with comments and the insides of strings blanked."""
    return NOISE.sub(lambda hit: re.sub(r"[^\n]", " ", hit.group()), text)


def room_of(path):
    """The room a source or header belongs to; None outside of src/ and include/."""
    parts = path.split("/")
    if parts[0] not in ("src", "include"):
        return None
    return "main" if len(parts) == 2 else parts[1]


def run(lint):
    """Print what `lint(root)` yields as (path, line, what); exit 1 when there was anything."""
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    found = list(lint(root))
    for path, line, what in found:
        print(f"{path}:{line}: {what}")
    sys.exit(1 if found else 0)
