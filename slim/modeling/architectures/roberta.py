"""RoBERTa (arXiv:1907.11692): BERT with a head of its own."""

from slim.modeling.architectures._architecture import Architecture
from slim.modeling.architectures.bert import INPUTS, QKV, first_only, of_hidden

roberta = Architecture("roberta.encoder.layer", "attention.self", QKV, of_hidden, first_only=first_only, inputs=INPUTS)
