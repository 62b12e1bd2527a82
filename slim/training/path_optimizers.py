"""Optimizers of gates that let units enter one after the other: the path of a differential inclusion.

A gate M is what multiplies a unit, Gamma its sparse copy, which starts at 0, and V the dual of that: where V passes
the threshold, Gamma leaves 0, and the unit has entered. The sooner, the more the loss needs it. A unit that the loss
wants turned round, so a negative V, does not enter: what is cut later keeps units as they are.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW, Optimizer

NEVER = float("inf")


class LinearizedBregman(Optimizer):
    """Steps of size alpha on loss + |M - Gamma|^2 / (2 nu) (arXiv:1810.03608; arXiv:2501.03289, equation 10).

    M <- M - kappa alpha (grad + (M - Gamma) / nu), V <- V + alpha (M - Gamma) / nu,
    Gamma <- kappa max(V - threshold, 0).
    Per gate `state` has `gamma`, `v` and `entered`: the step at which Gamma first was not 0, or inf.
    """

    def __init__(
        self, gates: Iterable[Tensor], *, alpha: float, kappa: float, nu: float, threshold: float = 1.0
    ) -> None:
        super().__init__(gates, {"lr": alpha, "kappa": kappa, "nu": nu, "threshold": threshold})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One step; every gate must have a gradient."""
        for group in self.param_groups:
            for gate in group["params"]:
                state = _started(self.state[gate], gate)
                pull, rate = (gate - state["gamma"]) / group["nu"], group["lr"]
                gate.sub_(group["kappa"] * rate * (gate.grad + pull))
                state["v"] += rate * pull
                _enter(state, group["kappa"] * (state["v"] - group["threshold"]).relu())


class ReleasedPath(AdamW):
    """The variant that the authors of arXiv:2501.03289 released: AdamW on the loss alone, and Gamma follows.

    V <- V + alpha / (1 - beta1^t) kappa (M - Gamma), Gamma <- max(V - threshold, 0); M does not see Gamma.
    """

    def __init__(self, gates: Iterable[Tensor], *, alpha: float, kappa: float = 1.0, threshold: float = 3.0) -> None:
        super().__init__(gates, lr=alpha, eps=1e-4, weight_decay=0.0)
        self.kappa, self.threshold = kappa, threshold

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One step; every gate must have a gradient."""
        super().step()
        for group in self.param_groups:
            for gate in group["params"]:
                state = _started(self.state[gate], gate)
                rate = group["lr"] / (1 - group["betas"][0] ** float(state["step"]))
                state["v"] += rate * self.kappa * (gate - state["gamma"])
                _enter(state, (state["v"] - self.threshold).relu())


def _started(state: dict[str, Any], gate: Tensor) -> dict[str, Any]:
    """The state of a gate, with what it begins with."""
    if "v" not in state:
        state |= {"v": torch.zeros_like(gate), "gamma": torch.zeros_like(gate), "steps": 0}
        state["entered"] = torch.full_like(gate, NEVER)
    return state


def _enter(state: dict[str, Any], gamma: Tensor) -> None:
    """Note a new Gamma and, of units whose Gamma was 0 so far, the step."""
    state["steps"] += 1
    state["gamma"] = gamma
    state["entered"][(gamma != 0) & state["entered"].isinf()] = state["steps"]
