"""A classifier of texts as an ONNX file, which answers with NumPy, tokenizers and ONNX Runtime alone."""

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from slim.modeling.manifest import ABOUT, REFERENCE_INPUTS, model_folder
from slim.utils.io import read_json, write_json

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

    from slim.modeling.splits import Input

FORMAT = "onnx"
MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
BATCH_SIZE = 32
AT_ONCE = 2_000
"""How many texts are tokenized at a time; of the others only numbers are kept."""


@dataclass(frozen=True)
class About:
    """What neither the graph nor the tokenizer says of a model: classifier.json."""

    labels: tuple[str, ...]
    precision: str
    """The number format of matrix products: fp32, or int8, int8_static or int4 where weights and activations are
    rounded; static: by scales that no input changes."""
    parameters: int
    encoder_parameters: int
    """Those of the transformer blocks."""
    encoder_bytes: int
    """What they take in the file."""
    layers: int
    end_of_text: int | None
    """The token that an empty text becomes where the tokenizer adds none."""


@dataclass(frozen=True)
class OnnxClassifier:
    """An ONNX graph from token ids to `logits` [n, classes], with its tokenizer, on the CPU."""

    model: bytes
    """The file, weights included."""
    tokenizer: "Tokenizer"
    """Cuts texts; batches are padded by `padding`, the arguments of its `enable_padding`."""
    padding: Mapping[str, Any]
    max_tokens: int
    """Texts are cut at this many tokens."""
    about: About
    batch_size: int = BATCH_SIZE
    threads: int = 1

    @classmethod
    def load(cls, folder: str | Path, *, threads: int | None = None, batch_size: int = BATCH_SIZE) -> "OnnxClassifier":
        """The model of a folder, on so many threads; without a number on all cores that the process may use.

        Raises ValueError, in one line, when a file is damaged.
        """
        from tokenizers import Tokenizer

        folder = Path(folder)
        with _readable(folder):
            about = read_json(folder / ABOUT)
            about = About(**{**about, "labels": tuple(about["labels"])})
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            cut, padding = tokenizer.truncation, tokenizer.padding
            if cut is None or padding is None:
                raise ValueError(f"{TOKENIZER} does not say where to cut and what to pad with")
            tokenizer.no_padding()
            content, threads = (folder / MODEL).read_bytes(), threads or available_cores()
            model = cls(content, tokenizer, padding, cut["max_length"], about, batch_size, threads)
            if model.session.get_outputs()[0].shape[-1] != len(about.labels):
                raise ValueError(f"{MODEL} does not give one logit for each of {len(about.labels)} labels")
        return model

    @property
    def labels(self) -> Sequence[str]:
        """The names of the classes."""
        return self.about.labels

    @property
    def precision(self) -> str:
        """The number format of matrix products."""
        return self.about.precision

    @cached_property
    def session(self) -> "InferenceSession":
        """The graph in ONNX Runtime: a fixed number of threads, one operator at a time, so the same last digits."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.use_deterministic_compute = True
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self.model, options, providers=["CPUExecutionProvider"])

    def logits(self, inputs: "Sequence[Input]") -> np.ndarray:
        """[inputs, classes]: float32 logits in the order given; texts of similar length are run together.

        In int8 the activations of a batch share one scale, so each text is run alone: its logits depend on nothing
        else that is asked. Raises ValueError when the inputs are images.
        """
        tokens = self._tokens(inputs, self.tokenizer)
        size = 1 if self.precision == "int8" else self.batch_size
        order = np.argsort([len(ids) for ids, _ in tokens], kind="stable")
        out = np.empty((len(inputs), len(self.labels)), np.float32)
        for start in range(0, len(order), size):
            members = order[start : start + size]
            out[members] = self.session.run(["logits"], self._batch([tokens[i] for i in members]))[0]
        return out

    def batches(self, inputs: "Sequence[Input]") -> Iterator[dict[str, np.ndarray]]:
        """The inputs of the graph, one text at a time, in the order given."""
        return (self._batch([row]) for row in self._tokens(inputs, self.tokenizer))

    def reference_logits(self, inputs: "Sequence[Input]") -> np.ndarray:
        """[REFERENCE_INPUTS, classes]: logits of the first inputs, for the proof of a reload."""
        return self.logits(inputs[:REFERENCE_INPUTS])

    def truncated_fraction(self, inputs: "Sequence[Input]") -> float:
        """The fraction of the texts that are cut at `max_tokens`."""
        whole = copy.deepcopy(self.tokenizer)
        whole.no_truncation()
        return float(np.mean([len(ids) > self.max_tokens for ids, _ in self._tokens(inputs, whole)]))

    def save(
        self,
        folder: str | Path,
        reference_inputs: "Sequence[Input]",
        steps: Sequence[Mapping[str, Any]] = (),
        **notes: Any,
    ) -> None:
        """Write the graph, the tokenizer and what both do not say, and beside them what `model_folder` does."""
        padded = copy.deepcopy(self.tokenizer)
        padded.enable_padding(**self.padding)
        with model_folder(folder, FORMAT, self.reference_logits(reference_inputs), steps, notes) as aside:
            (aside / MODEL).write_bytes(self.model)
            (aside / TOKENIZER).write_text(padded.to_str(), encoding="utf-8")
            write_json({**vars(self.about), "labels": list(self.labels)}, aside / ABOUT)

    def _tokens(self, inputs: "Sequence[Input]", tokenizer: "Tokenizer") -> list[tuple[np.ndarray, np.ndarray]]:
        """(ids, segments) of each text, cut but not yet padded."""
        if inputs and isinstance(inputs[0], bytes):
            raise ValueError("the model reads texts and the dataset holds images: choose another of them")
        starts = range(0, len(inputs), AT_ONCE)
        return [self._row(each) for at in starts for each in tokenizer.encode_batch(list(inputs[at : at + AT_ONCE]))]

    def _row(self, encoding: "Encoding") -> tuple[np.ndarray, np.ndarray]:
        if not encoding.ids and self.about.end_of_text is not None:
            return np.array([self.about.end_of_text], np.int32), np.zeros(1, np.int32)
        return np.array(encoding.ids, np.int32), np.array(encoding.type_ids, np.int32)

    def _batch(self, rows: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
        """The inputs of the graph, [texts, tokens], int64, padded to the longest of these texts."""
        shape = len(rows), max(len(ids) for ids, _ in rows)
        batch = {
            "input_ids": np.full(shape, self.padding["pad_id"]),
            "attention_mask": np.zeros(shape, np.int64),
            "token_type_ids": np.full(shape, self.padding["pad_type_id"]),
        }
        for row, (ids, segments) in enumerate(rows):
            for name, values in zip(batch, (ids, 1, segments), strict=True):
                batch[name][row, : len(ids)] = values
        return {each.name: batch[each.name] for each in self.session.get_inputs()}


def available_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """A context that says in one line why a folder cannot be read."""
    try:
        yield
    except Exception as error:  # tokenizers raises nothing more special, and ONNX Runtime a class for every reason
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ValueError(f"{folder} holds a damaged model ({reason}): save it again, or run `dvc checkout`") from error
