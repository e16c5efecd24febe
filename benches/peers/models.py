"""The models of the comparison: which they are, how each is built, and what goes in."""

import string
from dataclasses import dataclass

import numpy as np
import torch
import torchvision
from transformers import CLIPConfig, CLIPModel

import formula

CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDE = 224

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


@dataclass(frozen=True)
class Model:
    """How a model is built and cut down to its image tower, what its pixels are normalised with, and its kind."""

    build: callable
    tower: callable
    mean: tuple
    std: tuple
    convolutional: bool


MODELS = {
    "clip-vit-b-32": Model(lambda: CLIPModel(CLIP_B_32), ClipImageTower, CLIP_MEAN, CLIP_STD, convolutional=False),
    "resnet50": Model(torchvision.models.resnet50, resnet_tower, IMAGENET_MEAN, IMAGENET_STD, convolutional=True),
    "resnet18": Model(torchvision.models.resnet18, resnet_tower, IMAGENET_MEAN, IMAGENET_STD, convolutional=True),
}


def formula_weights(name):
    """Every weight of the whole model (text half and classifier included) by formula, under its usual tensor name."""
    with torch.device("meta"):
        shapes = {key: tuple(tensor.shape) for key, tensor in MODELS[name].build().state_dict().items()}
    # A batch norm's counter and CLIP's table of 0, 1, 2 ... are no weights.
    left_out = ("num_batches_tracked", "position_ids")
    return {key: formula.weight(key, shape) for key, shape in shapes.items() if not key.endswith(left_out)}


def image_tower(name):
    """The model's image tower in PyTorch, f32, with its weights by formula, ready for inference."""
    model = MODELS[name].build()
    weights = {key: torch.from_numpy(value) for key, value in formula_weights(name).items()}
    missing, unknown = model.load_state_dict(weights, strict=False)
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    if missing or unknown:
        raise RuntimeError(f"weights by formula do not fit `{name}`: missing {missing}, unknown {unknown}")
    return MODELS[name].tower(model).eval()


def batch_of_pictures(name, batch):
    """`batch` normalised pictures by formula, called image-a, image-b …: f32, (batch, 3, 224, 224)."""
    names = [f"image-{letter}" for letter in string.ascii_lowercase[: min(batch, 26)]]
    pictures = np.stack([formula.pixels(names[i % len(names)], SIDE, SIDE) for i in range(batch)])
    mean, std = (np.array(values, np.float32) for values in (MODELS[name].mean, MODELS[name].std))
    return np.ascontiguousarray(((pictures.astype(np.float32) / np.float32(255) - mean) / std).transpose(0, 3, 1, 2))
