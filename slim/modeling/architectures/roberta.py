"""RoBERTa (arXiv:1907.11692): BERT with a head of its own."""

from dataclasses import replace

from slim.modeling.architectures.bert import bert, unpooled

roberta = replace(bert, stack="roberta.encoder.layer", tail=unpooled)
