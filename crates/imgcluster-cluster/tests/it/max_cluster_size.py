"""Labels of scikit-learn's HDBSCAN where clusters may not be large.

    python max_cluster_size.py > max_cluster_size.json

Rows are those of `blobs(count, 2, seed)` in support.rs, in f32. With `min_samples` 1 there are no core
distances, so no edges tie and the labels are the only right ones.
Made with scikit-learn 1.9.1, numpy 2.4.6.
"""
import json
import numpy as np
from sklearn.cluster import HDBSCAN
from dbcv import blobs

cases = []
for count, seed in ((80, 4), (300, 7)):
    for selection, limits in (("eom", (None, 60, 40, 25, 12, 8, 5)), ("leaf", (None, 8))):
        for single in (False, True):
            for limit in limits:
                model = HDBSCAN(
                    min_cluster_size=5, min_samples=1, max_cluster_size=limit, algorithm="brute",
                    cluster_selection_method=selection, allow_single_cluster=single, copy=True)
                try:
                    labels = model.fit(blobs(count, 2, seed)).labels_.tolist()
                except KeyError:  # where it selects no cluster though it may select the root
                    continue
                cases.append({"count": count, "seed": seed, "selection": selection, "single": single,
                              "max_cluster_size": limit, "labels": labels})
print("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]")
