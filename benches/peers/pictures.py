"""What goes in: pictures by formula, normalised as each model wants them. Needs NumPy only, so that a peer loads nothing else."""

import string

import numpy as np

import formula

SIDE = 224
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
MEAN_AND_STD = {"clip-vit-b-32": CLIP, "resnet50": IMAGENET, "resnet18": IMAGENET}
CONVOLUTIONAL = {"resnet50", "resnet18"}


def batch_of_pictures(model, batch):
    """`batch` normalised pictures, called image-a, image-b … and from z on over again: f32, (batch, 3, 224, 224)."""
    names = [f"image-{letter}" for letter in string.ascii_lowercase[:batch]]
    pictures = np.stack([formula.pixels(names[i % len(names)], SIDE, SIDE) for i in range(batch)])
    mean, std = (np.array(values, np.float32) for values in MEAN_AND_STD[model])
    return np.ascontiguousarray(((pictures.astype(np.float32) / np.float32(255) - mean) / std).transpose(0, 3, 1, 2))
