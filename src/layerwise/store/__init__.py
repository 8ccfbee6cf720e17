"""Keep: studies as files. What is written is written whole or not at all."""

from layerwise.store._atomic import write_bytes, write_text
from layerwise.store._database import STUDY_FILE, refuse_network
from layerwise.store._folder import check_writable
from layerwise.store._member_row import Details, MemberRow, row_of_run, row_without_run, scores_of, unpack
from layerwise.store._mounts import network_kind
from layerwise.store._result import RESULT_FILE, file_names, read, save
from layerwise.store._study_reader import Event, Sitting, StudyReader, find_studies
from layerwise.store._study_store import StudyStore, design_values

__all__ = [
    "RESULT_FILE",
    "STUDY_FILE",
    "Details",
    "Event",
    "MemberRow",
    "Sitting",
    "StudyReader",
    "StudyStore",
    "check_writable",
    "design_values",
    "file_names",
    "find_studies",
    "network_kind",
    "read",
    "refuse_network",
    "row_of_run",
    "row_without_run",
    "save",
    "scores_of",
    "unpack",
    "write_bytes",
    "write_text",
]
