"""One file an architecture: all that is known of where it keeps its layers and how they are called."""

from slim.modeling.architecture import Architecture
from slim.modeling.architectures.bert import bert
from slim.modeling.architectures.deberta_v2 import deberta_v2
from slim.modeling.architectures.distilbert import distilbert
from slim.modeling.architectures.electra import electra
from slim.modeling.architectures.gpt2 import gpt2
from slim.modeling.architectures.llama import llama
from slim.modeling.architectures.mistral import mistral
from slim.modeling.architectures.modernbert import modernbert
from slim.modeling.architectures.qwen2 import qwen2
from slim.modeling.architectures.roberta import roberta
from slim.modeling.architectures.vit import vit

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
