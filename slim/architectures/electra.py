"""ELECTRA (arXiv:2003.10555): BERT with a head of its own."""

from slim.architectures._architecture import Architecture
from slim.architectures.bert import INPUTS, QKV, of_hidden

electra = Architecture("electra.encoder.layer", "attention.self", QKV, of_hidden, inputs=INPUTS)
