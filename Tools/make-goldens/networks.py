"""Writes SampleData/Golden/networks/*.safetensors: small networks as PyTorch runs and trains them.

Packages: torch, numpy, safetensors (made with torch 2.15.0, CPU).
Run: python Tools/make-goldens/networks.py

Inputs and parameters are drawn by SplitMix64 here and in the Swift test, so only results are
stored: outputs, gradients, running statistics and the losses of ten steps. Of a gradient with more
than LIMIT elements every n-th is stored, where n is the odd number that leaves about LIMIT of them.
All is computed in double precision; tensors of pictures are stored as [N, H, W, C].
"""

import pathlib

import numpy
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "SampleData" / "Golden" / "networks"
LIMIT = 512
CLASSES, BATCH, STEPS = 6, 5, 10
LABELS = torch.tensor([0, 3, 5, 1, 3])
MASK = (1 << 64) - 1


class SplitMix64:
    """Steele, Lea, Flood 2014; the seed is mixed with the FNV-1a hash of a purpose."""

    def __init__(self, seed, purpose):
        digest = 0xCBF29CE484222325
        for byte in purpose.encode():
            digest = ((digest ^ byte) * 0x100000001B3) & MASK
        self.state = seed ^ digest
        self.state = self.next()

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def uniform(purpose, shape, low, high):
    random = SplitMix64(5, purpose)
    count = int(numpy.prod(shape))
    values = [low + (high - low) * ((random.next() >> 11) * 2.0 ** -53) for _ in range(count)]
    return torch.from_numpy(numpy.array(values, dtype=numpy.float32).reshape(shape)).double()


class Network:
    """Parts by name, made where the forward pass first asks for them."""

    def __init__(self, build):
        self.build = build
        self.parts = {}
        self.training = True

    def part(self, name, *shape):
        if name not in self.parts:
            role = name.rsplit(".", 1)[1]
            reach = (6 / max(1, int(numpy.prod(shape[1:])))) ** 0.5
            low, high = {
                "kernel": (-reach, reach), "bias": (-0.2, 0.2), "scale": (0.5, 1.5),
                "shift": (-0.3, 0.3), "runningMean": (-0.3, 0.3), "runningVariance": (0.5, 1.5),
            }[role]
            self.parts[name] = uniform(name, shape, low, high)
            self.parts[name].requires_grad_(self.trains(name))
        return self.parts[name]

    @staticmethod
    def trains(name):
        return ".running" not in name

    def conv(self, name, x, filters, kernel, stride=1, bias=False):
        return F.conv2d(
            x, self.part(f"{name}.kernel", filters, x.shape[1], kernel, kernel),
            self.part(f"{name}.bias", filters) if bias else None, stride, kernel // 2)

    def depthwise(self, name, x, kernel, stride=1):
        channels = x.shape[1]
        return F.conv2d(
            x, self.part(f"{name}.kernel", channels, 1, kernel, kernel), None, stride,
            kernel // 2, groups=channels)

    def norm(self, name, x):
        c = x.shape[1]
        scale, shift = self.part(f"{name}.scale", c), self.part(f"{name}.shift", c)
        return F.batch_norm(
            x, self.part(f"{name}.runningMean", c), self.part(f"{name}.runningVariance", c),
            scale, shift, self.training, 0.1, 1e-5)

    def dense(self, name, x, outputs):
        return F.linear(
            x, self.part(f"{name}.kernel", outputs, x.shape[1]),
            self.part(f"{name}.bias", outputs))

    def residual(self, name, x, filters, stride=1):
        y = F.relu(self.norm(f"{name}.first.norm", self.conv(
            f"{name}.first", x, filters, 3, stride)))
        y = self.norm(f"{name}.second.norm", self.conv(f"{name}.second", y, filters, 3))
        if stride != 1 or x.shape[1] != filters:
            x = self.norm(f"{name}.shortcut.norm", self.conv(
                f"{name}.shortcut", x, filters, 1, stride))
        return y + x

    def __call__(self, inputs):
        return self.build(self, inputs)


def color(net, inputs):
    x = F.relu(net.norm("stem.norm", net.conv("stem", inputs["color"], 32, 3)))
    x = F.relu(net.residual("first", F.avg_pool2d(x, 2), 32))
    features = net.residual("second", x, 64, 2)
    pooled = F.relu(features).mean((2, 3))
    return {"features": features, "logits": net.dense("head", pooled, CLASSES)}


def spectral(net, inputs):
    x = F.relu(net.norm("stem.norm", net.conv("stem", inputs["spectra"], 48, 1)))
    x = F.relu(net.residual("first", x, 48))
    features = net.residual("second", x, 64, 2)
    pooled = F.relu(features).mean((2, 3))
    return {"features": features, "logits": net.dense("head", pooled, CLASSES)}


def mixed(net, inputs):
    """Every layer that the two streams lack, on odd sizes."""
    a = F.relu(net.conv("left", inputs["left"], 10, 3, 2, bias=True))
    b = net.depthwise("right.spatial", inputs["right"], 3, 2)
    b = net.norm("right.norm", net.conv("right.channels", b, 10, 1))
    gated = a * torch.sigmoid(b)
    joined = torch.cat([gated, a, net.depthwise("gate", gated, 5)], 1)
    large = F.max_pool2d(joined, 2)
    small = F.avg_pool2d(joined, 3)
    first = net.dense("head", large.mean((2, 3)), CLASSES)
    second = net.dense("other", torch.cat([small.mean((2, 3)), inputs["extra"]], 1), CLASSES)
    return {"features": joined, "logits": (first + second) / 2}


NETWORKS = {
    "color": (color, {"color": (BATCH, 23, 25, 3)}),
    "spectral": (spectral, {"spectra": (BATCH, 7, 7, 165)}),
    "mixed": (mixed, {"left": (BATCH, 9, 11, 5), "right": (BATCH, 9, 11, 7),
                      "extra": (BATCH, 3)}),
}


def channels_last(t):
    return t.permute(0, 2, 3, 1) if t.dim() == 4 else t


def drawn(shapes):
    tensors = {name: uniform(name, shape, -1, 1) for name, shape in shapes.items()}
    return {n: t.permute(0, 3, 1, 2) if t.dim() == 4 else t for n, t in tensors.items()}


def thinned(gradient):
    flat = gradient.flatten()
    step = max(1, flat.numel() // LIMIT) | 1
    return flat if flat.numel() <= LIMIT else flat[::step]


def passes(build, inputs, training, prefix, golden):
    """Outputs, and the gradients of labels' cross entropy plus a fixed slope on the features."""
    net = Network(build)
    net.training = training
    outputs = net(inputs)
    slope = uniform("slope", channels_last(outputs["features"]).shape, -0.01, 0.01)
    loss = F.cross_entropy(outputs["logits"], LABELS, label_smoothing=0.1)
    (loss + (channels_last(outputs["features"]) * slope).sum()).backward()
    golden[f"{prefix}/loss"] = loss.detach().reshape(1)
    golden[f"{prefix}/logits"] = outputs["logits"].detach()
    golden[f"{prefix}/features"] = thinned(channels_last(outputs["features"]).detach())
    for name, part in net.parts.items():
        if net.trains(name):
            golden[f"{prefix}/gradient/{name}"] = thinned(part.grad)
        elif training:
            golden[f"{prefix}/{name}"] = part


def losses(build, inputs, make):
    net = Network(build)
    found = []
    optimizer = None
    for _ in range(STEPS):
        loss = F.cross_entropy(net(inputs)["logits"], LABELS, label_smoothing=0.1)
        if optimizer is None:
            kernels = [p for n, p in net.parts.items() if n.endswith(".kernel")]
            rest = [p for n, p in net.parts.items()
                    if net.trains(n) and not n.endswith(".kernel")]
            optimizer = make([{"params": kernels}, {"params": rest, "weight_decay": 0.0}])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(float(loss.detach()))
    return torch.tensor(found)


def main():
    torch.set_num_threads(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (build, shapes) in NETWORKS.items():
        inputs = drawn(shapes)
        golden = {}
        passes(build, inputs, True, "batch", golden)
        passes(build, inputs, False, "running", golden)
        golden["momentumSGD"] = losses(build, inputs, lambda groups: torch.optim.SGD(
            groups, lr=0.05, momentum=0.9, weight_decay=1e-3))
        golden["adamW"] = losses(build, inputs, lambda groups: torch.optim.AdamW(
            groups, lr=0.003, betas=(0.9, 0.999), weight_decay=0.01))
        save_file(
            {key: t.float().contiguous() for key, t in golden.items()},
            FOLDER / f"{name}.safetensors")
        print(name, golden["momentumSGD"].tolist(), golden["adamW"].tolist())


if __name__ == "__main__":
    main()
