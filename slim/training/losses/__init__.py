"""One file a loss: `name(student: Outputs, teacher: Outputs) -> Tensor`, differentiable in the student's outputs.

It is the mean over the inputs or tokens of this process's part of a batch, times `process_weight` of their number, so
that several processes compute the mean over the whole batch. It is 0, or smallest, where student and teacher compute
the same, and does not depend on padding. `losses` of an entry of `distill` gives it its weight.
"""
