"""What is connected. In: arcs. Out: the largest part in which every node reaches every other."""

import numpy as np

from narvaro.core.jit import I32, Bits, kernel
from narvaro.core.roads.graph import PROFILES, U8, adjacency


def largest_part(nodes: int, tail: I32, head: I32) -> Bits:
    """Tell which nodes are in the largest strongly connected part, bool [nodes]."""
    if not nodes:
        return np.zeros(0, np.bool_)
    part = strong_parts(*adjacency(nodes, tail, head))
    return np.asarray(part == np.argmax(np.bincount(part)))


def close_what_leads_nowhere(nodes: int, tail: I32, head: I32, use: U8) -> U8:
    """Return `use` [m] without the arcs outside of each profile's largest part."""
    open_to = np.zeros_like(use)
    for number in range(len(PROFILES)):
        allowed = use & (1 << number) > 0
        inside = largest_part(nodes, tail[allowed], head[allowed])
        open_to[allowed & inside[tail] & inside[head]] |= 1 << number
    return open_to


@kernel
def strong_parts(first: I32, heads: I32) -> I32:  # noqa: C901 - Tarjan's algorithm with its own stack
    """Return the number of each node's strongly connected part (Tarjan 1972)."""
    nodes = len(first) - 1
    part = np.full(nodes, -1, np.int32)
    index = np.full(nodes, -1, np.int32)
    lowest = np.zeros(nodes, np.int32)
    cursor = first[:-1].copy()
    open_nodes = np.empty(nodes, np.int32)
    trail = np.empty(nodes, np.int32)
    opened = 0
    seen = 0
    parts = 0
    for root in range(nodes):
        if index[root] >= 0:
            continue
        depth = 0
        trail[0] = root
        while depth >= 0:
            v = trail[depth]
            if index[v] < 0:
                index[v] = seen
                lowest[v] = seen
                seen += 1
                open_nodes[opened] = v
                opened += 1
            if cursor[v] < first[v + 1]:
                w = heads[cursor[v]]
                cursor[v] += 1
                if index[w] < 0:
                    depth += 1
                    trail[depth] = w
                elif part[w] < 0:
                    lowest[v] = min(lowest[v], index[w])
                continue
            depth -= 1
            if depth >= 0:
                lowest[trail[depth]] = min(lowest[trail[depth]], lowest[v])
            if lowest[v] == index[v]:
                while part[v] < 0:
                    opened -= 1
                    part[open_nodes[opened]] = parts
                parts += 1
    return part
