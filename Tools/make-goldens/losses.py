"""Writes SampleData/Golden/losses/losses.json: each loss with its gradient, as PyTorch finds them.

Packages: torch (made with 2.15.0, CPU). Run: python Tools/make-goldens/losses.py
All is computed in double precision from inputs that are exact in single precision.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "SampleData" / "Golden" / "losses"
BATCH, CLASSES = 6, 5


def tensor(t):
    return {"shape": list(t.shape), "values": [float(v) for v in t.detach().flatten()]}


def draw(generator, *shape, scale=1.0):
    return (scale * torch.randn(*shape, generator=generator)).float().double()


def judged(function, x):
    x = x.clone().requires_grad_(True)
    value = function(x)
    value.backward()
    return {"value": float(value.detach()), "gradient": tensor(x.grad)}


def kl(student, teacher, t):
    return t * t * F.kl_div(
        F.log_softmax(student / t, 1), F.log_softmax(teacher / t, 1),
        reduction="batchmean", log_target=True)


def soft(student, teacher, t):
    return -(F.softmax(teacher / t, 1) * F.log_softmax(student / t, 1)).sum(1).mean()


def decoupled(z, teacher, labels, t, alpha, beta):
    truth = F.one_hot(labels, CLASSES).bool()
    ps, pt = F.softmax(z / t, 1), F.softmax(teacher / t, 1)
    bs = torch.stack([ps[truth], 1 - ps[truth]], 1)
    bt = torch.stack([pt[truth], 1 - pt[truth]], 1)
    target = (bt * (bt / bs).log()).sum(1).mean()
    rest_s = z[~truth].view(-1, CLASSES - 1)
    rest_t = teacher[~truth].view(-1, CLASSES - 1)
    return alpha * t * t * target + beta * kl(rest_s, rest_t, t)


def standardized(z):
    return (z - z.mean(1, keepdim=True)) / (z.std(1, keepdim=True) + 1e-7)


def gram(features):
    flat = features.flatten(1)
    return F.normalize(flat @ flat.T, dim=1)


def entropy_shares(logits):
    p = F.softmax(logits, 1)
    entropy = -(p * p.log()).sum(1)
    return entropy / entropy.sum()


def main():
    generator = torch.Generator().manual_seed(20)
    z = draw(generator, BATCH, CLASSES, scale=2)
    teacher = draw(generator, BATCH, CLASSES, scale=3)
    labels = torch.tensor([0, 4, 2, 1, 1, 3])
    weights = torch.tensor([1.0, 0.5, 0.0, 2.0, 1.5, 0.25]).double()
    targets = F.softmax(draw(generator, BATCH, CLASSES), 1).float().double()
    features = draw(generator, BATCH, 3, 3, 4)
    spectral = draw(generator, BATCH, 3, 3, 4, scale=2)
    deviation = torch.tensor([0.5, 1.0, 2.0, 3.0]).double()
    other = draw(generator, BATCH, 7)

    confidence = F.softmax(teacher, 1).gather(1, labels[:, None]).squeeze(1)
    w = confidence.mean()
    cases = {
        "crossEntropy": judged(lambda x: F.cross_entropy(x, labels), z),
        "crossEntropy.smoothed": judged(
            lambda x: F.cross_entropy(x, labels, label_smoothing=0.1), z),
        "crossEntropy.weighted": judged(
            lambda x: (weights * F.cross_entropy(x, labels, reduction="none")).sum()
            / weights.sum(), z),
        "softCrossEntropy": judged(lambda x: F.cross_entropy(x, targets), z),
        "distillation": judged(lambda x: kl(x, teacher, 4.0), z),
        "generalized.squared": judged(
            lambda x: 0.25 * F.cross_entropy(x, labels) + 0.75 * 4 * soft(x, teacher, 2.0), z),
        "generalized.plain": judged(
            lambda x: 0.5 * F.cross_entropy(x, labels) + 0.5 * soft(x, teacher, 10.0), z),
        "confidence.batch": judged(
            lambda x: (1 - w) * F.cross_entropy(x, labels) + w * kl(x, teacher, 4.0), z),
        "confidence.sample": judged(
            lambda x: ((1 - confidence) * F.cross_entropy(x, labels, reduction="none")
                       + confidence * 16 * F.kl_div(
                           F.log_softmax(x / 4, 1), F.softmax(teacher / 4, 1),
                           reduction="none").sum(1)).mean(), z),
        "decoupled": judged(lambda x: decoupled(x, teacher, labels, 4.0, 1.0, 8.0), z),
        "standardized": judged(
            lambda x: kl(standardized(x), standardized(teacher), 2.0), z),
        "hint.logistic": judged(
            lambda x: F.mse_loss(torch.sigmoid(x), torch.sigmoid(spectral)), features),
        "hint.logisticSum": judged(
            lambda x: F.mse_loss(
                torch.sigmoid(x), torch.sigmoid(spectral), reduction="sum"), features),
        "hint.standardized": judged(
            lambda x: F.smooth_l1_loss(x / deviation, spectral / deviation), features),
        "hint.smoothL1": judged(lambda x: F.smooth_l1_loss(x, spectral), features),
        "hint.squared": judged(lambda x: F.mse_loss(x, spectral), features),
        "similarity.uniform": judged(
            lambda x: F.mse_loss(gram(x), gram(other)), features),
        "similarity.entropy": judged(
            lambda x: (entropy_shares(teacher)[:, None]
                       * (gram(x) - gram(other)) ** 2).sum() / BATCH, features),
    }

    pooled, wide = draw(generator, BATCH, 6), draw(generator, BATCH, 4, scale=3)
    q, r = torch.linalg.qr(draw(generator, 6, 4))
    projector = (q * torch.diagonal(r).sign()).T.contiguous().float().double()

    def projected(x, p):
        return F.smooth_l1_loss(x @ p.T, F.layer_norm(wide, (4,)))

    cases["projection"] = judged(lambda x: projected(x, projector), pooled)
    cases["projection.projector"] = judged(lambda p: projected(pooled, p), projector)
    step = projector - 0.3 * torch.tensor(
        cases["projection.projector"]["gradient"]["values"]).view(4, 6).double()
    q, r = torch.linalg.qr(step.T)
    moved = (q * torch.diagonal(r).sign()).T

    golden = {
        "logits": tensor(z), "teacher": tensor(teacher), "labels": labels.tolist(),
        "weights": weights.tolist(), "targets": tensor(targets), "features": tensor(features),
        "spectral": tensor(spectral), "deviation": deviation.tolist(), "other": tensor(other),
        "pooled": tensor(pooled), "wide": tensor(wide), "projector": tensor(projector),
        "moved": tensor(moved), "cases": cases,
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "losses.json").write_text(json.dumps(golden, indent=None) + "\n")


if __name__ == "__main__":
    main()
