"""Keep: studies as files. What is written is written whole or not at all."""

from layerwise.store._atomic import write_bytes, write_text
from layerwise.store._folder import check_writable
from layerwise.store._result import RESULT_FILE, file_names, read, save

__all__ = ["RESULT_FILE", "check_writable", "file_names", "read", "save", "write_bytes", "write_text"]
