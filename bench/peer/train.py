"""Steps of certified training by auto_LiRPA for the bench. One JSON object a line comes in, one goes out.

    {"load": {"architecture", "layer", "parameters", "images", "labels", "rows", "eps", "rate", "threads"}}
                          ->  {"seconds", "versions"}
    {"run": {"times"}}    ->  {"seconds": [...], "losses": [...]}
    {"state": {}}         ->  {"parameters": {name: [...]}, "moments": {name: [...]}}

Started by bench/src/train/peer.ts with the Python of LIRPA_PEER_PYTHON and PYTHONPATH at LIRPA_PEER.
"""

import time

from serve import serve

import numpy
import torch
from auto_LiRPA import BoundedModule, BoundedTensor, PerturbationLpNorm
from torch import nn


class Network(nn.Module):
    """What bench/src/train/network.ts describes; members are named as there."""

    def __init__(self, architecture, layer):
        super().__init__()
        channels, self.layers = architecture["channels"], len(architecture["convolutions"])
        for i, outputs in enumerate(architecture["convolutions"]):
            setattr(self, f"conv{i}", nn.Conv2d(channels, outputs, layer["size"], layer["stride"], layer["padding"], bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(outputs, eps=layer["epsilon"], momentum=layer["momentum"]))
            channels = outputs
        side = architecture["size"] // layer["stride"] ** self.layers
        self.fc0 = nn.Linear(channels * side * side, architecture["hidden"])
        self.fc1 = nn.Linear(architecture["hidden"], architecture["classes"])

    def forward(self, x):
        for i in range(self.layers):
            x = torch.relu(getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x)))
        return self.fc1(torch.relu(self.fc0(torch.flatten(x, 1))))


class Session:
    def __init__(self, architecture, layer, parameters, images, labels, rows, eps, rate, threads):
        torch.set_num_threads(threads)
        self.network = Network(architecture, layer)
        given = self.network.state_dict()
        for name, values in parameters.items():
            given[name] = torch.tensor(values, dtype=torch.float32).reshape(given[name].shape)
        self.network.load_state_dict(given)
        count, classes = len(labels), architecture["classes"]
        shape = (count, architecture["channels"], architecture["size"], architecture["size"])
        self.images = torch.tensor(images, dtype=torch.float32).reshape(shape)
        self.rows = torch.tensor(rows, dtype=torch.float32).reshape(count, classes - 1, classes)
        self.eps = eps
        self.network.train()
        self.module = BoundedModule(self.network, torch.zeros_like(self.images), bound_opts={"conv_mode": "patches"})
        self.module.train()
        self.optimizer = torch.optim.Adam(self.module.parameters(), lr=rate)
        # Class 0 stands for the labelled one: its margin over itself is zero.
        self.first = torch.zeros(count, dtype=torch.long)

    def once(self):
        self.optimizer.zero_grad()
        x = BoundedTensor(self.images, PerturbationLpNorm(norm=numpy.inf, eps=self.eps))
        # The images themselves come first: from them batch normalization takes its statistics.
        self.module(x)
        margins, _ = self.module.compute_bounds(C=self.rows, method="CROWN-IBP", bound_upper=False)
        loss = nn.functional.cross_entropy(nn.functional.pad(-margins, (1, 0)), self.first)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def run(self, times):
        seconds, losses = [], []
        for _ in range(times):
            start = time.perf_counter()
            losses.append(self.once())
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds, "losses": losses}

    def state(self):
        # The bounded module trains the network's own parameters, but has buffers of its own.
        moments = {name: self.optimizer.state[p]["exp_avg"] for name, p in self.network.named_parameters()}
        parameters = dict(self.network.named_parameters()) | dict(self.module.named_buffers())
        lists = lambda tensors: {name: tensor.detach().flatten().tolist() for name, tensor in tensors.items()}
        return {"parameters": lists(parameters), "moments": lists(moments)}


serve(Session)
