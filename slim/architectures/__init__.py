"""One file an architecture: all that is known of where it keeps its layers and how they are called."""

from slim.architectures._architecture import Architecture
from slim.architectures.bert import bert
from slim.architectures.deberta_v2 import deberta_v2
from slim.architectures.distilbert import distilbert
from slim.architectures.electra import electra
from slim.architectures.gpt2 import gpt2
from slim.architectures.llama import llama
from slim.architectures.mistral import mistral
from slim.architectures.modernbert import modernbert
from slim.architectures.qwen2 import qwen2
from slim.architectures.roberta import roberta
from slim.architectures.vit import vit

ARCHITECTURES: dict[str, Architecture] = {
    "bert": bert,
    "deberta-v2": deberta_v2,
    "distilbert": distilbert,
    "electra": electra,
    "gpt2": gpt2,
    "llama": llama,
    "mistral": mistral,
    "modernbert": modernbert,
    "qwen2": qwen2,
    "roberta": roberta,
    "vit": vit,
}
"""`model_type` of a config -> its architecture."""
