"""Reference outputs for what the shared reference results leave out: positions of DINOv2 brought to another
size, SigLIP's text tower, CLIP with either activation, MobileNetV2 with real batch norms (torchvision's and timm's), and the ResNets of
transformers.

    python make.py          writes expected.json beside itself

Weights and pictures by the formula in ../../checkpoint/formula.rs. The versions are in the file.
"""
import json, pathlib
import numpy as np, timm, torch, torchvision, transformers
from transformers import CLIPConfig, CLIPModel, Dinov2Config, Dinov2Model, ResNetConfig, ResNetModel, SiglipConfig, SiglipModel


def uniform(name, count):
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) / np.float32(2**24) * np.float32(2) - np.float32(1)


def weight(name, shape):
    u = uniform(name, int(np.prod(shape))).reshape(shape)
    if name.endswith("running_var"):
        return np.float32(1) + np.float32(0.2) * u
    if name.endswith("running_mean") or "position_embedding" in name:
        return np.float32(0.1) * u
    if len(shape) == 1:
        return np.float32(1) + np.float32(0.1) * u if name.endswith("weight") else np.float32(0.05) * u
    return np.float32(np.sqrt(3 / np.prod(shape[1:]))) * u


# transformers 5 calls DINOv2's layers otherwise in memory than in checkpoints.
STORED = {".attention.q_proj.": ".attention.attention.query.", ".attention.k_proj.": ".attention.attention.key.",
          ".attention.v_proj.": ".attention.attention.value.", ".attention.o_proj.": ".attention.output.dense."}


def filled(model):
    state = model.state_dict()
    for name, tensor in state.items():
        if tensor.ndim and not name.endswith(("num_batches_tracked", "position_ids")):
            stored = name
            for inside, outside in STORED.items():
                stored = stored.replace(inside, outside)
            state[name] = torch.from_numpy(weight(stored, tuple(tensor.shape)))
    model.load_state_dict(state)
    return model.eval()


def noise(name, side):
    """Pictures of noise: byte i is (u_i + 1) * 128, rounded down; then ImageNet's mean and deviation."""
    rgb = np.floor((uniform(name, 3 * side * side) + np.float32(1)) * np.float32(128)).reshape(side, side, 3)
    x = (rgb / np.float32(255) - np.array([0.485, 0.456, 0.406], np.float32)) / np.array([0.229, 0.224, 0.225], np.float32)
    return torch.from_numpy(x.transpose(2, 0, 1)[None].copy())


def rows(tensor):
    return [[float(np.float32(v)) for v in row] for row in tensor.detach().numpy()]


with torch.no_grad():
    dino = filled(Dinov2Model(Dinov2Config(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, mlp_ratio=2, image_size=56, patch_size=14)))
    sizes = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)
    siglip = filled(SiglipModel(SiglipConfig(vision_config=dict(image_size=32, patch_size=16, **sizes), text_config=dict(vocab_size=64, max_position_embeddings=8, **sizes))))
    ids = [[5, 9, 33, 1, 1, 1, 1, 1], [60, 7, 2, 19, 44, 3, 8, 31]]
    text = siglip.get_text_features(input_ids=torch.tensor(ids))
    clip = lambda act: filled(CLIPModel(CLIPConfig(projection_dim=16, vision_config=dict(image_size=56, patch_size=14, hidden_act=act, **sizes), text_config=dict(vocab_size=64, max_position_embeddings=8, **sizes))))
    clips = {act: clip(act).get_image_features(pixel_values=noise("noise", 56)) for act in ("quick_gelu", "gelu")}
    mobile = filled(torchvision.models.mobilenet_v2(weights=None))
    mobile.classifier = torch.nn.Identity()
    timm_mobile = filled(timm.create_model("mobilenetv2_100", pretrained=False, num_classes=0))
    basic = ResNetConfig(layer_type="basic", depths=[2, 2, 2, 2], hidden_sizes=[64, 128, 256, 512])
    resnets = {18: filled(ResNetModel(basic)), 50: filled(ResNetModel(ResNetConfig()))}
    document = {
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__},
        "dinov2_84": rows(dino(pixel_values=noise("noise", 84)).pooler_output),
        "token_ids": ids,
        "siglip_text": rows(text if isinstance(text, torch.Tensor) else text.pooler_output),
        **{f"clip_{act}_56": rows(out if isinstance(out, torch.Tensor) else out.pooler_output) for act, out in clips.items()},
        "mobilenet_v2_75": rows(mobile(noise("noise", 75))),
        "timm_mobilenetv2_100_75": rows(timm_mobile(noise("noise", 75))),
        **{f"transformers_resnet{depth}_75": rows(resnet(pixel_values=noise("noise", 75)).pooler_output[:, :, 0, 0]) for depth, resnet in resnets.items()},
    }
(pathlib.Path(__file__).parent / "expected.json").write_text(json.dumps(document) + "\n")
