"""The synthetic tables of the report."""

from tests.report.conftest import data, tables

__all__ = ["data", "tables"]
