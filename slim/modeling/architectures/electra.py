"""ELECTRA (arXiv:2003.10555): BERT with a head of its own."""

from slim.modeling.architectures._architecture import Architecture
from slim.modeling.architectures.bert import INPUTS, QKV, first_only, of_hidden

electra = Architecture("electra.encoder.layer", "attention.self", QKV, of_hidden, first_only=first_only, inputs=INPUTS)
