"""Bounds by auto_LiRPA for the bench. One JSON object a line comes in, one goes out.

    {"load": {"model", "inputs", "spec", "instances", "threads"}}  ->  {"seconds", "versions"}
    {"run": {"method", "times"}}                                   ->  {"seconds": [...], "lower": [...], "upper": [...]}

Started by bench/src/peer.ts with the Python of LIRPA_PEER_PYTHON and PYTHONPATH at LIRPA_PEER.
"""

import time

from serve import serve

import numpy
import onnx2torch
import torch
from auto_LiRPA import BoundedModule, BoundedTensor, PerturbationLpNorm


def radius(ball, shape):
    eps = ball["eps"]
    return float(eps) if isinstance(eps, (int, float)) else torch.tensor(eps, dtype=torch.float32).reshape(shape)


def perturbation(query, shape, instances):
    kind = query["type"]
    if kind == "box":
        ends = [torch.tensor(query[end], dtype=torch.float32).reshape(shape) for end in ("lower", "upper")]
        lower, upper = (end.repeat(instances, *[1] * (len(shape) - 1)) for end in ends)
        return PerturbationLpNorm(x_L=lower, x_U=upper)
    norms = {"linf": numpy.inf, "l2": 2.0, "l1": 1.0}
    if kind not in norms:
        raise ValueError(f"the bench does not hand perturbations of type {kind} to the peer")
    return PerturbationLpNorm(norm=norms[kind], eps=radius(query, shape))


class Session:
    def __init__(self, model, inputs, spec, instances, threads):
        torch.set_num_threads(threads)
        if len(inputs) != 1:
            raise ValueError("the bench hands only models with one input to the peer")
        (given,) = inputs
        shape = [instances * given["shape"][0], *given["shape"][1:]]
        self.query, self.own, self.instances = given["perturbation"], given["shape"], instances
        self.center = torch.tensor(given["center"], dtype=torch.float32).reshape(shape)
        rows = torch.tensor(spec, dtype=torch.float32)
        self.spec = rows.unsqueeze(0).repeat(shape[0], 1, 1)
        network = onnx2torch.convert(model).eval()
        # Sparse intermediate bounds are on by default.
        self.module = BoundedModule(network, torch.zeros_like(self.center), bound_opts={"conv_mode": "patches"})
        self.module.eval()

    def once(self, method):
        x = BoundedTensor(self.center, perturbation(self.query, self.own, self.instances))
        return self.module.compute_bounds(x=(x,), C=self.spec, method=method)

    def run(self, method, times):
        seconds = []
        with torch.no_grad():
            for _ in range(times):
                start = time.perf_counter()
                lower, upper = self.once(method)
                seconds.append(time.perf_counter() - start)
        return {"seconds": seconds, "lower": lower.flatten().tolist(), "upper": upper.flatten().tolist()}


serve(Session)
