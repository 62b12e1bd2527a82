"""What the paper names, and the number that it claims."""

NINE = ("newsgroup", "dbpedia", "arxiv", "patent", "yahoo", "yelp", "agnews", "imdb", "amazon")
"""The paper's datasets, by the names of its specification."""
SIGNALS = (
    "activation_inhibition", "activation_intensity", "activation_energy", "mi_task_relevance",
    "mi_prediction_relevance", "gradient_magnitude", "gradient_fisher", "weight_magnitude", "weight_sparsity",
    "weight_entropy", "attention_weight", "attention_entropy",
)  # fmt: skip
FUSIONS = ("linear_regression", "random_forest")
STRATEGIES = (*SIGNALS, *FUSIONS)
"""The paper's fourteen."""
CONTENDERS = (*STRATEGIES, "random")
FACTOR = 18.84
"""The paper's mean improvement of accuracy over size."""
