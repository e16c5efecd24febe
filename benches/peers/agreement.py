"""Whether two contenders found the same: each judge is a function of (rows, ours, theirs) to a number and of such numbers,
one a round, to a word for the table."""

import statistics

import numpy as np


def rows_that_differ(_rows, ours, theirs):
    """How many rows would have to change their cluster; what clusters are called does not matter, noise does."""
    noise = (ours["labels"] == -1) & (theirs["labels"] == -1)
    placed = (ours["labels"] != -1) & (theirs["labels"] != -1)
    a, b, counts = overlaps(ours["labels"][placed], theirs["labels"][placed])
    best = min(largest(a, counts), largest(b, counts))
    return int(len(noise) - noise.sum() - best)


def adjusted_rand(_rows, ours, theirs):
    """Hubert and Arabie's index; noise counts as a cluster."""
    a, b, counts = overlaps(ours["labels"], theirs["labels"])
    same, in_ours, in_theirs = pairs(counts), pairs(np.bincount(a, counts)), pairs(np.bincount(b, counts))
    by_chance = in_ours * in_theirs / pairs(counts.sum())
    most = (in_ours + in_theirs) / 2
    return 1.0 if most == by_chance else (same - by_chance) / (most - by_chance)


def overlaps(ours, theirs):
    """Which clusters of ours and theirs share rows, numbered from 0, and how many rows."""
    a = np.unique(ours, return_inverse=True)[1]
    b = np.unique(theirs, return_inverse=True)[1]
    together, counts = np.unique(np.stack([a, b]), axis=1, return_counts=True)
    return together[0], together[1], counts


def pairs(counts):
    return float((counts * (counts - 1) / 2).sum())


def largest(clusters, counts):
    """The sum of the largest count of each cluster."""
    best = np.zeros(clusters.max(initial=-1) + 1, np.int64)
    np.maximum.at(best, clusters, counts)
    return best.sum()


def inertia_ratio(rows, ours, theirs):
    """Our inertia by theirs, both computed from the labels by the same means."""
    return inertia(rows, ours["labels"]) / inertia(rows, theirs["labels"])


def inertia(rows, labels):
    """The sum of the squared distances of rows to the mean of their cluster."""
    total = 0.0
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order])) + 1
    for members in np.split(order, starts):
        part = rows[members].astype(np.float64)
        total += ((part - part.mean(axis=0)) ** 2).sum()
    return total


def score_difference(_rows, ours, theirs):
    return abs(ours["score"] - theirs["score"])


def share_of_neighbors(_rows, ours, theirs):
    """How many of the neighbours are the same, in whatever order."""
    pairs = zip(ours["neighbors"], theirs["neighbors"])
    same = sum(len(np.intersect1d(a, b, assume_unique=True)) for a, b in pairs)
    return same / ours["neighbors"].size


def tell_rows(numbers):
    return f"{max(numbers)} rows differ" if max(numbers) else "identical"


JUDGES = {
    "threshold": (rows_that_differ, tell_rows),
    "dbscan": (rows_that_differ, tell_rows),
    "hdbscan": (adjusted_rand, lambda numbers: f"ARI {min(numbers):.4f}"),
    "kmeans": (inertia_ratio, lambda numbers: f"our inertia / its {statistics.median(numbers):.4f}"),
    "ward": (adjusted_rand, lambda numbers: f"ARI {min(numbers):.4f}"),
    "average": (adjusted_rand, lambda numbers: f"ARI {min(numbers):.4f}"),
    "silhouette": (score_difference, lambda numbers: f"score differs by {max(numbers):.0e}"),
    "knn": (share_of_neighbors, lambda numbers: f"{100 * min(numbers):.3f} % the same"),
}
