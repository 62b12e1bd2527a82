"""One file a baseline: `name(data, *, ...) -> model`, what a user would pick instead of a transformer.

`data` is a slim.evaluation.training_data.TrainingData. The model has `.logits(inputs)`, [inputs, classes], which are
log-probabilities or margins; `.save(folder)`, the files as one would ship them and their manifest, never a pickle;
`.load(folder)`, a class method, which gives the same logits; and `.parameters` where they can be counted.
"""
