"""Writes a model's weights by formula, so that ours and the peers run on the same numbers.

    python weights.py MODEL OUT.safetensors     one file with the usual tensor names
    python weights.py MODEL OUT_FOLDER          for CLIP: a folder laid out as on the Hugging Face hub

Models: clip-vit-b-32 (image and text, transformers names), resnet50 and resnet18 (torchvision names).
"""

import argparse
import pathlib

from safetensors.numpy import save_file
from transformers import CLIPImageProcessor

from models import CLIP_B_32, MODELS, formula_weights


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("out", type=pathlib.Path)
    arguments = parser.parse_args()
    out = arguments.out
    if out.suffix != ".safetensors":
        if arguments.model != "clip-vit-b-32":
            parser.error("only `clip-vit-b-32` is written as a folder; name a .safetensors file")
        out.mkdir(parents=True, exist_ok=True)
        CLIP_B_32.architectures = ["CLIPModel"]
        CLIP_B_32.save_pretrained(out)
        CLIPImageProcessor().save_pretrained(out)  # the defaults are those of CLIP at 224 pixels
        out = out / "model.safetensors"
    save_file(formula_weights(arguments.model), out, metadata={"format": "pt"})
    print(out)


if __name__ == "__main__":
    main()
