"""Writes SampleData/Golden/optimizers/optimizers.json: steps of torch.optim on fixed gradients.

Packages: torch (made with 2.15.0, CPU). Run: python Tools/make-goldens/optimizers.py
"""

import json
import pathlib

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "SampleData" / "Golden" / "optimizers"
SHAPES = {"dense.kernel": (3, 4), "dense.bias": (3,), "norm.scale": (3,)}
STEPS, RATE, DECAY = 6, 0.05, 0.1


class Net(torch.nn.Module):
    def __init__(self, start):
        super().__init__()
        self.parts = torch.nn.ParameterDict(
            {name.replace(".", "_"): torch.nn.Parameter(t.clone()) for name, t in start.items()})


def tensor(t):
    return {"shape": list(t.shape), "values": [float(v) for v in t.detach().flatten()]}


def collected(net):
    return {name: tensor(net.parts[name.replace(".", "_")]) for name in SHAPES}


def run(start, gradients, make, clip=None):
    net = Net(start)
    kernels = [net.parts["dense_kernel"]]
    rest = [net.parts["dense_bias"], net.parts["norm_scale"]]
    optimizer = make([
        {"params": kernels, "weight_decay": DECAY}, {"params": rest, "weight_decay": 0.0}])
    averaged = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.8))
    lengths = []
    for step in gradients:
        for name in SHAPES:
            net.parts[name.replace(".", "_")].grad = step[name].clone()
        lengths.append(float(torch.nn.utils.clip_grad_norm_(
            net.parameters(), clip if clip else float("inf"))))
        optimizer.step()
        averaged.update_parameters(net)
    return {"parameters": collected(net), "averaged": collected(averaged.module),
            "lengths": lengths}


def main():
    generator = torch.Generator().manual_seed(21)
    start = {n: torch.randn(s, generator=generator) for n, s in SHAPES.items()}
    gradients = [
        {n: torch.randn(s, generator=generator) for n, s in SHAPES.items()} for _ in range(STEPS)]

    def sgd(groups):
        return torch.optim.SGD(groups, lr=RATE, momentum=0.9)

    def adamw(groups):
        return torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.99), eps=1e-8)

    golden = {
        "rate": RATE, "weightDecay": DECAY, "averageDecay": 0.8, "clipNorm": 1.5,
        "start": {n: tensor(t) for n, t in start.items()},
        "gradients": [{n: tensor(t) for n, t in step.items()} for step in gradients],
        "runs": {
            "momentumSGD": run(start, gradients, sgd),
            "momentumSGD.clipped": run(start, gradients, sgd, clip=1.5),
            "adamW": run(start, gradients, adamw),
            "adamW.clipped": run(start, gradients, adamw, clip=1.5),
        },
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "optimizers.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
