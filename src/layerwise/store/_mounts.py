"""What kind of file system a folder lies on."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/mounts")
"""Where Linux lists its file systems; on systems without it nothing is known, and nothing refused."""

# SQLite's write-ahead log keeps its index in memory that all writers share; these can't share it between machines.
SHARED = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2"}
    | {"orangefs", "panfs", "pvfs2", "smb", "smb2", "smb3", "smbfs", "vboxsf", "wekafs"}
)


def network_kind(path: Path) -> str:
    """Return the kind of network file system that `path` lies on, or "" if it is none that is known.

    What is mounted through FUSE counts as one, since most of it is: sshfs, s3fs, gcsfuse.
    """
    kind = _kind(path)
    return kind if kind in SHARED or kind.startswith("fuse.") else ""


def _kind(path: Path) -> str:
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    real = path.resolve()
    kinds = {_unescaped(fields[1]): fields[2] for fields in map(str.split, lines) if len(fields) > 2}
    return next((kinds[str(place)] for place in (real, *real.parents) if str(place) in kinds), "")


def _unescaped(place: str) -> str:
    r"""Return `place` with what the system wrote as \040 and the like put back."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), place)
