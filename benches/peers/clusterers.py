"""The peers: each is a function of a task's options that imports what it needs and answers with a function from rows, f32
(count, dim) of length one, to what it found: `labels` (-1 is noise), `neighbors`, `score`, `iterations`."""

import functools

BLOCK = 1024


def numpy_threshold(similarity, whole):
    """All similarities at once, as most would write it, or each pair once in blocks of rows."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    least = np.float32(similarity)

    def run(rows):
        count = len(rows)
        block = count if whole else BLOCK
        pairs = []
        for start in range(0, count, block):
            near = rows[start : start + block] @ rows[0 if whole else start :].T >= least
            pairs.append([places.astype(np.int32) + start for places in np.nonzero(near)])
        a, b = (np.concatenate(places) for places in zip(*pairs))
        graph = coo_array((np.ones(len(a), bool), (a, b)), (count, count))
        components, labels = connected_components(graph, directed=False)
        alone = np.bincount(labels, minlength=components) == 1
        return {"labels": np.where(alone[labels], -1, labels)}

    return run


def sklearn_dbscan(eps, min_samples):
    from sklearn.cluster import DBSCAN

    peer = DBSCAN(eps=eps, min_samples=min_samples, metric="cosine", algorithm="brute")
    return lambda rows: {"labels": peer.fit(rows).labels_}


def sklearn_hdbscan(min_cluster_size, min_samples):
    from sklearn.cluster import HDBSCAN

    # Its trees take longer than comparing all pairs at this many dimensions.
    peer = HDBSCAN(min_cluster_size=min_cluster_size, min_samples=min_samples, algorithm="brute", copy=True)
    return lambda rows: {"labels": peer.fit(rows).labels_}


def fast_hdbscan(min_cluster_size, min_samples):
    from fast_hdbscan import HDBSCAN

    # It does not count the row itself.
    peer = HDBSCAN(min_cluster_size=min_cluster_size, min_samples=min_samples - 1)
    return lambda rows: {"labels": peer.fit(rows).labels_}


def sklearn_kmeans(clusters, iterations, seed):
    from sklearn.cluster import KMeans

    def run(rows):
        peer = KMeans(min(clusters, len(rows)), n_init=1, max_iter=iterations, tol=0, random_state=seed).fit(rows)
        return {"labels": peer.labels_, "iterations": peer.n_iter_}

    return run


def faiss_kmeans(clusters, iterations, seed):
    import faiss

    def run(rows):
        # Else it trains on a part of the rows.
        every = {"max_points_per_centroid": len(rows), "min_points_per_centroid": 1}
        peer = faiss.Kmeans(rows.shape[1], min(clusters, len(rows)), niter=iterations, seed=seed, **every)
        peer.train(rows)
        return {"labels": peer.index.search(rows, 1)[1][:, 0], "iterations": iterations}

    return run


def scipy_ward(clusters):
    from scipy.cluster.hierarchy import fcluster, ward

    return lambda rows: {"labels": fcluster(ward(rows), clusters, "maxclust")}


def scipy_average(clusters):
    from scipy.cluster.hierarchy import average, fcluster
    from scipy.spatial.distance import pdist

    return lambda rows: {"labels": fcluster(average(pdist(rows, "cosine")), clusters, "maxclust")}


def sklearn_silhouette(of):
    import numpy as np
    from sklearn.metrics import silhouette_score

    labels = np.load(of)
    return lambda rows: {"score": float(silhouette_score(rows, labels[: len(rows)], metric="cosine"))}


def faiss_knn(k):
    import faiss

    def run(rows):
        index = faiss.IndexFlatIP(rows.shape[1])
        index.add(rows)
        found = index.search(rows, k + 1)[1]
        return {"neighbors": without_oneself(found, k)}

    return run


def sklearn_knn(k):
    from sklearn.neighbors import NearestNeighbors

    # On unit rows the order is that of the cosine distance, and this metric is its fastest.
    peer = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="sqeuclidean")
    return lambda rows: {"neighbors": peer.fit(rows).kneighbors(return_distance=False)}


def without_oneself(found, k):
    """The first k of the k + 1 nearest that are not the row itself; a copy of it may come first."""
    import numpy as np

    other = found != np.arange(len(found))[:, None]
    # Where the row itself is not among them, the last one goes.
    other[other.all(axis=1), -1] = False
    return found[other].reshape(len(found), k)


PEERS = {
    "threshold": {
        "numpy": functools.partial(numpy_threshold, whole=True),
        "numpy-blocks": functools.partial(numpy_threshold, whole=False),
    },
    "dbscan": {"scikit-learn": sklearn_dbscan},
    "hdbscan": {"scikit-learn": sklearn_hdbscan, "fast_hdbscan": fast_hdbscan},
    "kmeans": {"scikit-learn": sklearn_kmeans, "faiss": faiss_kmeans},
    "ward": {"scipy": scipy_ward},
    "average": {"scipy": scipy_average},
    "silhouette": {"scikit-learn": sklearn_silhouette},
    "knn": {"faiss": faiss_knn, "scikit-learn": sklearn_knn},
}
