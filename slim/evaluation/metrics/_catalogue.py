"""What every metric is called, counted in, and means: the one place the report takes its definitions from."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One measured quantity."""

    name: str
    """Its column in results.csv."""
    unit: str
    """What it is counted in."""
    direction: Literal["higher", "lower", "neither"]
    """Which way is better; `neither` for evidence and for bounds, which are not achievements."""
    definition: str
    """One sentence."""


_ALL = [
    Metric("accuracy", "share", "higher", "Share of test items whose predicted class is the true one."),
    Metric(
        "accuracy_low", "share", "higher",
        "Lower end of the percentile bootstrap interval of the accuracy, over test items.",
    ),
    Metric(
        "accuracy_high", "share", "higher",
        "Upper end of the percentile bootstrap interval of the accuracy, over test items.",
    ),
    Metric("macro_f1", "share", "higher", "Plain mean over classes of the F1 score on the test items."),
    Metric("nll", "nats", "lower", "Mean negative log-likelihood of the true class on the test items."),
    Metric(
        "calibration_error", "share", "lower",
        "Expected calibration error: the gap between the confidence in the predicted class and its accuracy, "
        "averaged over equal-width bins weighted by their items.",
    ),
    Metric(
        "cut", "share", "neither",
        "Share of test items of which the model reads only the first `max_tokens` tokens; the linear floor reads all.",
    ),
    Metric("validation_accuracy", "share", "higher", "Accuracy on the validation items, on which depths are chosen."),
    Metric(
        "difference", "share", "higher",
        "Accuracy of the model minus accuracy of the teacher of the same seed, on the same test items.",
    ),
    Metric(
        "difference_low", "share", "higher",
        "Lower end of the paired bootstrap interval of the difference to the teacher.",
    ),
    Metric(
        "difference_high", "share", "higher",
        "Upper end of the paired bootstrap interval of the difference to the teacher.",
    ),
    Metric(
        "mcnemar_p", "probability", "neither",
        "Exact McNemar p-value of the hypothesis that model and teacher are equally accurate.",
    ),
    Metric(
        "over_control", "share", "higher",
        "Accuracy of the distilled model minus that of the same student trained on hard labels at the same budget: "
        "what the teacher's answers added.",
    ),
    Metric(
        "over_control_low", "share", "higher",
        "Lower end of the paired bootstrap interval of the difference to the hard-label control.",
    ),
    Metric(
        "over_control_high", "share", "higher",
        "Upper end of the paired bootstrap interval of the difference to the hard-label control.",
    ),
    Metric(
        "over_control_p", "probability", "neither",
        "Exact McNemar p-value of the hypothesis that distilled model and hard-label control are equally accurate.",
    ),
    Metric(
        "over_pruned", "share", "higher",
        "Accuracy of the distilled model minus that of the pruned model it started from: what recovery restored.",
    ),
    Metric(
        "over_pruned_low", "share", "higher",
        "Lower end of the paired bootstrap interval of the difference to the pruned model.",
    ),
    Metric(
        "over_pruned_high", "share", "higher",
        "Upper end of the paired bootstrap interval of the difference to the pruned model.",
    ),
    Metric(
        "over_pruned_p", "probability", "neither",
        "Exact McNemar p-value of the hypothesis that distilled and pruned model are equally accurate.",
    ),
    Metric("parameters", "elements", "lower", "Elements of all tensors in model.safetensors."),
    Metric("encoder_parameters", "elements", "lower", "Elements of the tensors of the transformer blocks."),
    Metric("bytes", "bytes", "lower", "Size on disk of model.safetensors and config.json: what the model loads from."),
    Metric("tokenizer_bytes", "bytes", "lower", "Size on disk of the tokenizer's files, which `bytes` leaves out."),
    Metric(
        "ratio_parameters", "times", "higher",
        "Accuracy per parameter of the model, divided by accuracy per parameter of the teacher.",
    ),
    Metric(
        "ratio_encoder", "times", "higher",
        "Accuracy per encoder parameter of the model, divided by accuracy per encoder parameter of the teacher.",
    ),
    Metric(
        "ratio", "times", "higher",
        "Accuracy per byte of the model, divided by accuracy per byte of the teacher.",
    ),
    Metric(
        "ratio_ceiling", "times", "neither",
        "The ratio in bytes at equal accuracy if all blocks of the teacher but one were removed: the most that "
        "dropping layers alone can reach.",
    ),
    Metric(
        "reload_difference", "logit", "lower",
        "Largest absolute difference between the logits before saving and after reloading in a fresh process.",
    ),
]  # fmt: skip

CATALOGUE: dict[str, Metric] = {metric.name: metric for metric in _ALL}
"""name -> metric, in the order of the columns of results.csv."""
