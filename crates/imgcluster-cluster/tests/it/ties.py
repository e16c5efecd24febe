"""How far scikit-learn's HDBSCAN agrees with itself when only the order of ties changes.

    python ties.py GOLDEN_DIR > ties.json

Edges of the mutual reachability graph tie by construction (all near edges of a row weigh its core
distance), and scikit-learn leaves their order to an unstable `numpy.argsort`, which differs from
one CPU to the next. So the reference labels are one of many right answers: this runs scikit-learn
with the ties in 50 random orders and writes the lowest adjusted Rand index with the reference, and
the most rows whose probability differs from it by more than 1e-3. Seeds 0 to 49.
Ours is another of the right answers: the one with ties ordered by distance, then by index.
Made with scikit-learn 1.9.1, numpy 2.4.6.
"""
import json, pathlib, sys
import numpy as np
import sklearn.cluster._hdbscan.hdbscan as hdbscan
from sklearn.cluster import HDBSCAN
from sklearn.cluster._hdbscan._linkage import make_single_linkage
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import normalize

random = None
hdbscan._process_mst = lambda mst: make_single_linkage(
    mst[np.lexsort((random.random(len(mst)), mst["distance"]))])

out = []
for folder in sorted((pathlib.Path(sys.argv[1]) / "clusterings").iterdir()):
    rows = normalize(np.load(folder / "rows.npy")).astype(np.float64)
    for case in json.loads((folder / "expected.json").read_text())["hdbscan"]:
        lowest, most = 1.0, 0
        for seed in range(50):
            random = np.random.default_rng(seed)
            model = HDBSCAN(
                min_cluster_size=case["min_cluster_size"], min_samples=case["min_samples"],
                cluster_selection_method=case["selection"], algorithm="brute", copy=True,
                allow_single_cluster=case["allow_single_cluster"]).fit(rows)
            lowest = min(lowest, adjusted_rand_score(case["labels"], model.labels_))
            differ = np.abs(model.probabilities_ - np.array(case["probabilities"])) > 1e-3
            most = max(most, int(differ.sum()))
        out.append({"lowest_agreement": round(lowest, 4), "most_differing_strengths": most})
    out[-5:] = [{"set": folder.name, "cases": out[-5:]}]
print(json.dumps(out, indent=1))
