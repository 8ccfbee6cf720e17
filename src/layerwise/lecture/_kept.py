"""Claims that have ended, each in a file of its own, so that a lecture that was stopped goes on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from layerwise._base import InvalidInput
from layerwise.lecture._ground import Ground
from layerwise.records import ClaimRecord, dump, load
from layerwise.store import check_writable, write_text
from layerwise.studies import versions
from layerwise.studies.study import digest

FOLDER = "claims"


class Kept:
    """The claims in a folder that were shown on the same ground by the same versions; without a folder, none."""

    def __init__(self, folder: str | Path | None, ground: Ground) -> None:
        self._folder = check_writable(folder) / FOLDER if folder is not None else None
        asked = (
            ground.data.name,
            ground.data.source,
            digest(ground.data),
            ground.seeds,
            ground.full,
            ground.device,
            ground.root,
        )
        self._purpose = hashlib.sha256(repr((asked, versions())).encode()).hexdigest()[:12]

    def get(self, claim_id: str) -> ClaimRecord | None:
        """Return the claim's record, None if it has not ended yet or its file is no whole record."""
        path = self._path(claim_id)
        if path is None or not path.is_file():
            return None
        try:
            return load(ClaimRecord, path.read_bytes())
        except InvalidInput:
            return None  # it is shown anew, and its file replaced

    def keep(self, record: ClaimRecord) -> ClaimRecord:
        """Write `record` down, whole or not at all, and return it."""
        path = self._path(record.id)
        if path is not None:
            write_text(path, dump(record) + "\n")
        return record

    def _path(self, claim_id: str) -> Path | None:
        return None if self._folder is None else self._folder / f"{claim_id}-{self._purpose}.json"
