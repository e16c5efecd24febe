"""The models of the comparison: how each is built, and its weights by formula."""

import torch
import torchvision
from transformers import CLIPConfig, CLIPModel

import formula
from pictures import SIDE

CLIP_B_32 = CLIPConfig(
    projection_dim=512,
    vision_config={
        "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
        "image_size": SIDE, "patch_size": 32, "hidden_act": "quick_gelu", "projection_dim": 512,
    },
    text_config={
        "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8,
        "vocab_size": 49408, "max_position_embeddings": 77, "hidden_act": "quick_gelu", "projection_dim": 512,
        "bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 1,
    },
)


class ClipImageTower(torch.nn.Module):
    """CLIP's image half: pixels to the projected embedding, not normalised."""

    def __init__(self, clip):
        super().__init__()
        self.vision_model = clip.vision_model
        self.visual_projection = clip.visual_projection

    def forward(self, pixel_values):
        return self.visual_projection(self.vision_model(pixel_values=pixel_values).pooler_output)


def resnet_tower(resnet):
    """A ResNet up to its global average pool."""
    resnet.fc = torch.nn.Identity()
    return resnet


# How each whole model is built, and how it is cut down to its image tower.
MODELS = {
    "clip-vit-b-32": (lambda: CLIPModel(CLIP_B_32), ClipImageTower),
    "resnet50": (torchvision.models.resnet50, resnet_tower),
    "resnet18": (torchvision.models.resnet18, resnet_tower),
}


def formula_weights(name):
    """Every weight of the whole model (text half and classifier included) by formula, under its usual tensor name."""
    with torch.device("meta"):
        shapes = {key: tuple(tensor.shape) for key, tensor in MODELS[name][0]().state_dict().items()}
    # A batch norm's counter and CLIP's table of 0, 1, 2 ... are no weights.
    left_out = ("num_batches_tracked", "position_ids")
    return {key: formula.weight(key, shape) for key, shape in shapes.items() if not key.endswith(left_out)}


def image_tower(name):
    """The model's image tower in PyTorch, f32, with its weights by formula, ready for inference."""
    build, tower = MODELS[name]
    model = build()
    weights = {key: torch.from_numpy(value) for key, value in formula_weights(name).items()}
    missing, unknown = model.load_state_dict(weights, strict=False)
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    if missing or unknown:
        raise RuntimeError(f"weights by formula do not fit `{name}`: missing {missing}, unknown {unknown}")
    return tower(model).eval()
