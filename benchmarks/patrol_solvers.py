"""Who plays the patrol benchmark. In: a model, seconds, a seed. Out: visits by unit, in order.

All on one thread. Travel is a cost of one a second, a prize point is worth ten thousand.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pyvrp
import vroom
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from pyvrp.stop import MaxRuntime

from benchmarks.patrol_instances import Instance, Model
from narvaro.core import patrol
from narvaro.core.patrol import Appointment, Night, Place, Shift

Routes = list[list[int]]
Rows = list[list[int]]  # unit, place, arrival, dwell, visit (-1: none)
Solver = Callable[[Model, float, int], Routes]
POINT = 10_000
FOREVER = 10**9


def run_pyvrp(model: Model, seconds: float, seed: int) -> Routes:
    """Let PyVRP collect prizes: optional clients with windows, one vehicle type per unit."""
    matrices: list[Any] = [model.travel]
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in model.travel],
        clients=[
            pyvrp.Client(
                location=int(model.place[v]),
                service_duration=int(model.dwell[v]),
                tw_early=int(model.opens[v]),
                tw_late=int(model.closes[v]),
                prize=round(model.prize[v] * POINT),
                required=False,
            )
            for v in range(len(model.place))
        ],
        depots=[pyvrp.Depot(location=int(base)) for base in np.unique(model.units[:, 0])],
        vehicle_types=[
            pyvrp.VehicleType(
                start_depot=int(depot), end_depot=int(depot), tw_early=int(a), tw_late=int(b)
            )
            for depot, (_, a, b) in zip(
                np.unique(model.units[:, 0], return_inverse=True)[1], model.units, strict=True
            )
        ],
        distance_matrices=matrices,
        duration_matrices=matrices,
    )
    result = pyvrp.Model.from_data(data).solve(
        MaxRuntime(seconds), seed=seed, display=False, collect_stats=False
    )
    routes: Routes = [[] for _ in model.units]
    if result.best.is_feasible():
        for route in result.best.routes():
            done = [step.idx for step in route.schedule() if step.is_client()]
            routes[route.vehicle_type()] = done
    return routes


def run_vroom(model: Model, seconds: float, seed: int) -> Routes:  # noqa: ARG001 - it draws nothing
    """Let VROOM serve by priority; it stops by itself and takes whole priorities up to 100."""
    problem = vroom.Input()
    problem.set_durations_matrix("car", model.travel.astype(np.uint32))
    top = max(1.0, float(model.prize.max()))
    for k, (base, a, b) in enumerate(model.units.tolist()):
        problem.add_vehicle(
            vroom.Vehicle(k, start=base, end=base, time_window=vroom.TimeWindow(a, b))
        )
    for v in range(len(model.place)):
        problem.add_job(
            vroom.Job(
                v,
                location=int(model.place[v]),
                default_service=int(model.dwell[v]),
                priority=max(1, round(100 * model.prize[v] / top)),
                time_windows=[vroom.TimeWindow(int(model.opens[v]), int(model.closes[v]))],
            )
        )
    found = problem.solve(5, nb_threads=1, timeout=timedelta(seconds=seconds)).routes
    routes: Routes = [[] for _ in model.units]
    for unit, kind, visit in zip(found["vehicle_id"], found["type"], found["id"], strict=True):
        if kind == "job":
            routes[int(unit)].append(int(visit))
    return routes


def run_ortools(model: Model, seconds: float, seed: int) -> Routes:  # noqa: ARG001 - it takes none
    """Let OR-Tools' routing drop visits at the price of their prize; guided local search."""
    places = np.concatenate([model.place, model.units[:, 0]])
    travel = model.travel[np.ix_(places, places)]
    service = np.concatenate([model.dwell, np.zeros(len(model.units), np.int64)])
    ends = [len(model.place) + k for k in range(len(model.units))]
    manager = pywrapcp.RoutingIndexManager(len(places), len(ends), ends, ends)
    routing = pywrapcp.RoutingModel(manager)
    cost = routing.RegisterTransitMatrix(travel.tolist())
    spent = routing.RegisterTransitMatrix((travel + service[:, None]).tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(cost)
    routing.AddDimension(spent, FOREVER, FOREVER, False, "time")
    clock = routing.GetDimensionOrDie("time")
    for v in range(len(model.place)):
        index = manager.NodeToIndex(v)
        clock.CumulVar(index).SetRange(int(model.opens[v]), int(model.closes[v]))
        routing.AddDisjunction([index], round(model.prize[v] * POINT))
    for k, (_, a, b) in enumerate(model.units.tolist()):
        clock.CumulVar(routing.Start(k)).SetRange(a, b)
        clock.CumulVar(routing.End(k)).SetRange(a, b)
    found = routing.SolveWithParameters(_ortools_parameters(seconds))
    routes: Routes = [[] for _ in ends]
    for k, route in enumerate(routes if found else []):
        index = found.Value(routing.NextVar(routing.Start(k)))
        while not routing.IsEnd(index):
            route.append(manager.IndexToNode(index))
            index = found.Value(routing.NextVar(index))
    return routes


def _ortools_parameters(seconds: float) -> Any:  # noqa: ANN401 - a protocol buffer
    wanted = pywrapcp.DefaultRoutingSearchParameters()
    wanted.first_solution_strategy = (
        routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    )
    wanted.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    wanted.time_limit.FromMilliseconds(round(seconds * 1000))
    return wanted


def run_ours(model: Model, seconds: float, seed: int) -> Routes:
    """Let our planner keep appointments that are worth their prize; nothing else is of worth."""
    night = replace(
        _empty(model),
        appointments=tuple(
            Appointment(int(p), int(o), int(c + d), int(d), worth=float(w))
            for p, o, c, d, w in zip(
                model.place, model.opens, model.closes, model.dwell, model.prize, strict=True
            )
        ),
    )
    found = _plan(night, seconds, seed)
    return [
        [v.appointment for v in route.visits if v.appointment is not None] for route in found.routes
    ]


def plan_harm(instance: Instance, seconds: float, seed: int, half_life_s: int) -> Rows:
    """Let our planner plan the real objective."""
    night = replace(_empty(instance.model), harm=instance.harm, half_life_s=half_life_s)
    found = _plan(night, seconds, seed)
    return [[r.shift, v.place, v.arrive_s, v.dwell_s, -1] for r in found.routes for v in r.visits]


def _empty(model: Model) -> Night:
    """Return a night of the model's places and units, without harm, appointments or spacing."""
    units = enumerate(model.units.tolist())
    return Night(
        places=tuple(Place(UUID(int=number)) for number in range(len(model.travel))),
        shifts=tuple(Shift(UUID(int=k), base, a, b) for k, (base, a, b) in units),
        travel_s=model.travel.astype(float),
        harm=np.zeros((len(model.travel), 1)),
        spacing_s=0,
    )


def _plan(night: Night, seconds: float, seed: int) -> patrol.Plan:
    started = time.monotonic()
    return patrol.plan(
        night,
        seed=seed,
        iterations=FOREVER,
        stop=lambda: (time.monotonic() - started) / seconds,
    )


PEERS: dict[str, Solver] = {"pyvrp": run_pyvrp, "vroom": run_vroom, "ortools": run_ortools}


def time_routes(model: Model, routes: Routes) -> Rows:
    """Run routes as early as they go."""
    rows = []
    for unit, route in enumerate(routes):
        at, now, _ = model.units[unit].tolist()
        for visit in route:
            place, dwell = int(model.place[visit]), int(model.dwell[visit])
            now = max(now + int(model.travel[at, place]), int(model.opens[visit]))
            rows.append([unit, place, now, dwell, visit])
            now, at = now + dwell, place
    return rows
