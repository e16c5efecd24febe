"""Rows that look like embeddings of pictures, from a seed."""

import numpy as np

NOISE = 0.25
ROWS_A_CLUSTER = 50
# Nearly the same rows as others: so many of all rows, so far away.
COPIES, COPY_DISTANCE = 0.05, 0.02


def embeddings(count, dim, seed):
    """Unit rows, f32 (count, dim): heavy-tailed clusters of different width round random directions, uniform noise, some
    near copies; shuffled."""
    rng = np.random.default_rng(seed)
    clusters = max(2, count // ROWS_A_CLUSTER)
    sizes = rng.pareto(1.2, clusters) + 1
    sizes = np.maximum(3, (sizes / sizes.sum() * count * (1 - NOISE)).astype(int))
    parts = []
    for size in sizes:
        center = rng.normal(size=dim)
        center /= np.linalg.norm(center)
        spread = rng.uniform(0.25, 0.75)
        parts.append(center + spread * rng.normal(size=(size, dim)) / np.sqrt(dim))
    rest = max(0, count - sizes.sum())
    parts.append(rng.normal(size=(rest, dim)) / np.sqrt(dim))
    rows = np.concatenate(parts)[:count]
    copies = rng.choice(count, int(count * COPIES), replace=False)
    away = COPY_DISTANCE * rng.normal(size=(len(copies), dim)) / np.sqrt(dim)
    rows[copies] = rows[rng.choice(count, len(copies))] + away
    rows = rows[rng.permutation(count)]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def nearest_of(rows, clusters, seed):
    """One label a row, i64: which of so many rows, drawn by chance, it is nearest to. For scores, any clusters will do."""
    drawn = np.random.default_rng(seed).choice(len(rows), clusters, replace=False)
    return (rows @ rows[drawn].T).argmax(axis=1)
