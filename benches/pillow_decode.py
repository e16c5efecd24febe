"""Times Pillow on JPEGs brought to CLIP's 224 x 224 tensor, on one core.

    python pillow_decode.py FILE...      (Pillow and numpy; the same files through
                                          IMGCLUSTER_BENCH_JPEGS to `cargo bench --bench decode`)
"""
import sys
import time

import numpy as np
from PIL import Image


def tensor(path):
    picture = Image.open(path).convert("RGB")
    width, height = picture.size
    size = (224, int(224 * height / width)) if width < height else (int(224 * width / height), 224)
    picture = picture.resize(size, Image.BICUBIC)
    left, top = (size[0] - 224) // 2, (size[1] - 224) // 2
    picture = picture.crop((left, top, left + 224, top + 224))
    return (np.asarray(picture, dtype=np.float32) / 255).transpose(2, 0, 1)


for path in sys.argv[1:]:
    times = []
    for _ in range(11):
        started = time.perf_counter()
        tensor(path)
        times.append((time.perf_counter() - started) * 1e3)
    print(f"{path}: median {sorted(times)[5]:.2f} ms, least {min(times):.2f} ms")
