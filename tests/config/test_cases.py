"""Profiles that users brought are read, or refused before anything runs; skipped where they are absent."""

import json

import pytest

from slim.config import load
from slim.orchestration.profiles import merge
from slim.utils.io import read_yaml
from tests.imports import ROOT

CASES = ROOT.parent / "shared/cases"


def params_of(name, folder):
    """The parameters of a case, checked."""
    if not (path := CASES / name / "profile.yaml").is_file():
        pytest.skip(f"{path} is not there")
    content = read_yaml(ROOT / "params.yaml")
    merge(content, read_yaml(path))
    (folder / "params.yaml").write_text(json.dumps(content))  # which is YAML, too
    return load(folder / "params.yaml")


def test_a_learning_rate_without_a_point_is_a_number(tmp_path):
    assert params_of("learning_rate", tmp_path).finetune.learning_rate == 2e-5


def test_a_section_of_another_time_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"params\.yaml: students: unknown key"):
        params_of("no_students", tmp_path)
