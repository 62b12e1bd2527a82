"""ELECTRA (arXiv:2003.10555): BERT with a head of its own."""

from dataclasses import replace

from slim.modeling.architectures.bert import bert, unpooled

electra = replace(bert, stack="electra.encoder.layer", tail=unpooled)
