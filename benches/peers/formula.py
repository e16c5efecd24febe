"""Weights and pixels by formula: the same numbers in any language, so nothing large has to be shipped or fetched.

A tensor's name seeds a splitmix64 generator (FNV-1a 64 of its UTF-8 bytes); the upper 24 bits of each output become
u in [-1, 1), exact in f32. What u is scaled to depends on what the tensor is (see `weight`). Speed does not depend on the
values as long as they are ordinary ones: these keep every activation finite and far from zero.
"""

import numpy as np

GOLDEN_GAMMA = np.uint64(0x9E3779B97F4A7C15)
MASK = 0xFFFFFFFFFFFFFFFF


def seed(name):
    """FNV-1a 64 of the name's UTF-8 bytes."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    return np.uint64(state)


def uniform(name, count):
    """`count` f32 values in [-1, 1) that belong to `name`."""
    with np.errstate(over="ignore"):
        z = seed(name) + np.arange(1, count + 1, dtype=np.uint64) * GOLDEN_GAMMA
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) / np.float32(2**24) * np.float32(2) - np.float32(1)


def weight(name, shape):
    """The f32 tensor that a model's tensor of this name and shape gets."""
    if len(shape) == 0:
        return np.array(2.6592, np.float32)  # CLIP's logit scale, the only scalar there is
    u = uniform(name, int(np.prod(shape))).reshape(shape)
    if name.endswith("running_var"):
        scale, offset = 0.2, 1.0
    elif name.endswith("running_mean") or "position_embedding" in name:
        scale, offset = 0.1, 0.0
    elif len(shape) == 1 and name.endswith("weight"):
        scale, offset = 0.1, 1.0
    elif len(shape) == 1:
        scale, offset = 0.05, 0.0
    else:
        scale, offset = np.sqrt(3.0 / np.prod(shape[1:])), 0.0
    return np.float32(offset) + np.float32(scale) * u


def pixels(name, height, width):
    """A u8 RGB picture (rows, columns, channels) with smooth areas, an edge and noise."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    picture = np.empty((height, width, 3), np.float64)
    waves = uniform(name + "/fields", 9).astype(np.float64).reshape(3, 3) * (4, 4, 3)
    for channel, (across, down, phase) in enumerate(waves):
        picture[..., channel] = 127.5 + 90 * np.sin(6.2831853 * (across * x / width + down * y / height) + phase)
    disc = (x - 0.6 * width) ** 2 + (y - 0.4 * height) ** 2 < (0.2 * min(width, height)) ** 2
    picture[..., 0] += 40 * disc
    picture += 12 * uniform(name, picture.size).reshape(picture.shape).astype(np.float64)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
