"""Nothing half-written, and the same content is the same bytes."""

import numpy as np
import pytest

from slim.utils.io import read_arrays, read_json, read_yaml, write_arrays, write_json, write_jsons, written_aside


@pytest.mark.parametrize("folder", [False, True])
def test_a_failed_write_leaves_what_was_there(folder, tmp_path):
    target = tmp_path / "target"

    def write(aside, text):
        if folder:
            aside.mkdir()
            (aside / "file").write_text(text)
        else:
            aside.write_text(text)

    with written_aside(target) as aside:
        write(aside, "old")
    with pytest.raises(RuntimeError), written_aside(target) as aside:
        write(aside, "half")
        raise RuntimeError
    assert ((target / "file") if folder else target).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    with written_aside(target) as aside:
        write(aside, "new")
    assert ((target / "file") if folder else target).read_text() == "new"


def test_arrays_and_json_are_the_same_bytes_whatever_the_order(tmp_path):
    a, b = np.arange(3), np.eye(2)
    write_arrays({"a": a, "b": b}, tmp_path / "1.npz")
    write_arrays({"b": b, "a": a}, tmp_path / "2.npz")
    write_json({"a": 1, "b": [2]}, tmp_path / "1.json")
    write_json({"b": [2], "a": 1}, tmp_path / "2.json")
    for suffix in ("npz", "json"):
        assert (tmp_path / f"1.{suffix}").read_bytes() == (tmp_path / f"2.{suffix}").read_bytes()
    assert read_json(tmp_path / "1.json") == {"a": 1, "b": [2]}


def test_what_was_not_measured_cannot_be_written(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json({"accuracy": float("nan")}, tmp_path / "x.json")
    assert not list(tmp_path.iterdir())


def test_a_folder_of_jsons_forgets_what_is_no_longer_in_it(tmp_path):
    write_jsons({"a": 1, "b": 2}, tmp_path / "all")
    write_jsons({"b": 3}, tmp_path / "all")
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["b.json"]


def test_damaged_files_are_named_with_the_remedy_and_no_pickle_is_loaded(tmp_path):
    (tmp_path / "x.json").write_text("{")
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04 nonsense")
    np.savez(tmp_path / "pickle.npz", thing=np.array([{}], dtype=object))
    for read, name in ((read_json, "x.json"), (read_arrays, "x.npz"), (read_arrays, "pickle.npz")):
        with pytest.raises(ValueError, match=f"{name} is damaged .*: remove it and run"):
            read(tmp_path / name)


def test_yaml_is_read_as_dvc_reads_it_and_refused_in_one_line(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: 2e-5\nb: 1e-05\nc: no\nd: 0o17\ne: 010\n")
    assert read_yaml(path) == {"a": 2e-5, "b": 1e-5, "c": "no", "d": 15, "e": 10}
    for wrong in ("a: [", "a: 1\na: 2\n", "a: !!python/object/apply:os.getcwd []\n"):
        path.write_text(wrong)
        with pytest.raises(ValueError, match=r"a\.yaml is not YAML: [^\n]+$"):
            read_yaml(path)
