"""The density-based validity of made-up clusters, by the `hdbscan` package.

    python dbcv.py > dbcv.json

Rows are those of `blobs(count, dim, seed)` in support.rs, in f32; row i is in cluster i % 8, of which
6 and 7 are noise. Nearly all edges of the spanning trees tie by construction (they weigh exactly a core
distance), the package takes whichever it meets first, and which rows are internal depends on it. So
only its spanning tree is replaced here, by the one with ties ordered by distance and then by index;
"as_it_comes" is what the package says by itself, for the record.
Made with hdbscan 0.8.44, scikit-learn 1.9.1, numpy 2.4.6, scipy 1.17.1.
"""
import json
import numpy as np
from hdbscan import validity
from scipy.spatial.distance import cdist

f32 = np.float32


def blobs(count, dim, seed):
    state = seed

    def next():
        nonlocal state
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        return f32(f32(state >> 8) / f32(1 << 23)) - f32(1)

    centers = [next() for _ in range(6 * dim)]
    values = []
    for row in range(count):
        kind = row % 8
        for column in range(dim):
            if kind < 6:
                spread = f32(f32(0.15) * f32(kind + 1)) / f32(3)
                values.append(centers[kind * dim + column] + spread * next())
            else:
                values.append(next())
    return np.array(values, dtype=f32).reshape(count, dim).astype(np.float64)


def ordered_tree(reach):
    """`internal_minimum_spanning_tree` of the package, with Kruskal's algorithm and ties in order."""
    count = len(reach)
    a, b = np.triu_indices(count, 1)
    order = np.lexsort((b, a, raw[a, b], reach[a, b]))
    groups, degrees, edges = np.arange(count), np.zeros(count, int), []
    for a, b in zip(a[order], b[order]):
        if groups[a] != groups[b]:
            groups[groups == groups[b]] = groups[a]
            degrees[[a, b]] += 1
            edges.append((a, b, reach[a, b]))
    inner = [(a, b, weight) for a, b, weight in edges if degrees[a] > 1 and degrees[b] > 1]
    return np.flatnonzero(degrees > 1), np.array(inner or edges)


measure, raw = validity.distances_between_points, None


def measure_and_remember(rows, labels, cluster, *arguments, **named):
    global raw
    raw = cdist(rows[labels == cluster], rows[labels == cluster])
    return measure(rows, labels, cluster, *arguments, **named)


def main():
    tree = validity.internal_minimum_spanning_tree
    cases = []
    for dim in (1, 2, 3, 8, 64, 150):
        for count in (40, 120, 400):
            rows = blobs(count, dim, dim)
            labels = np.arange(count) % 8
            labels[labels > 5] = -1
            validity.distances_between_points = measure
            validity.internal_minimum_spanning_tree = tree
            as_it_comes = validity.validity_index(rows, labels)
            validity.distances_between_points = measure_and_remember
            validity.internal_minimum_spanning_tree = ordered_tree
            dbcv = validity.validity_index(rows, labels)
            cases.append({"count": count, "dim": dim, "dbcv": dbcv, "as_it_comes": as_it_comes})
    print("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]")


if __name__ == "__main__":
    main()
