"""What the benchmark times, done by the Python peers: PyTorch, torchmetrics, tifffile. Each package is imported only where it is used."""


def prepare(work, threads, file):
    arguments = {name: value for name, value in work.items() if name not in ("kind", "runtime")}
    if work["kind"] == "read-raster":
        return read_raster(threads, file, **arguments)
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    build = {
        "edc-forward": edc_forward,
        "edc-step": edc_step,
        "fastervit-forward": fastervit_forward,
        "dchf-forward": dchf_forward,
        "edc-losses": edc_losses,
        "selective-scan": selective_scan,
        "segmentation-scores": segmentation_scores,
    }
    return build[work["kind"]](torch, **arguments)


def edc(torch, batch, size, model):
    from edc import EDC

    widths = {name: model[name] for name in ("numClasses", "decoderChannels", "crHidden", "encoder")}
    return EDC(size=size, **widths), torch.rand(batch, 4, size, size), torch.rand(batch, 2, size, size)


def without_gradients(torch, network, *inputs):
    network.eval()

    def run():
        with torch.no_grad():
            network(*inputs)

    return run


def edc_forward(torch, batch, size, model):
    return without_gradients(torch, *edc(torch, batch, size, model))


def edc_step(torch, batch, size, gamma, model):
    from edc import losses

    network, optical, sar = edc(torch, batch, size, model)
    network.train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=1e-4)
    labels, target = torch.randint(0, model["numClasses"], (batch, size, size)), torch.rand(batch, 4, size, size)
    mask = (torch.rand(batch, size, size) < 0.5).float()
    teacher = torch.rand(batch, model["decoderChannels"][-1], size // 2, size // 2)

    def run():
        optimiser.zero_grad()
        loss = losses(*network(optical, sar), labels, target, mask, teacher, gamma)
        loss.backward()
        optimiser.step()
        loss.item()

    return run


def fastervit_forward(torch, batch, size, encoder):
    from edc import FasterViT

    settings = {name: value for name, value in encoder.items() if name != "resolution"}
    return without_gradients(torch, FasterViT(3, size, **settings), torch.rand(batch, 3, size, size))


def dchf_forward(torch, batch, size, channels):
    from edc import Dchf

    return without_gradients(torch, Dchf(channels, False), *(torch.rand(batch, channels, size, size) for _ in range(3)))


def edc_losses(torch, batch, size, classes, features):
    from edc import losses

    given = [torch.rand(batch, classes, size, size), torch.rand(batch, 4, size, size), torch.rand(batch, features, size // 2, size // 2)]
    for tensor in given:
        tensor.requires_grad_()
    labels, target = torch.randint(0, classes, (batch, size, size)), torch.rand(batch, 4, size, size)
    mask = (torch.rand(batch, size, size) < 0.5).float()
    teacher = torch.rand(batch, features, size // 2, size // 2)

    def run():
        torch.autograd.grad(losses(*given, labels, target, mask, teacher, 1.0), given)

    return run


def selective_scan(torch, length, channels, states):
    """Token by token, with everything that needs no loop outside it; slices by `unbind`, whose gradient is one `stack`."""
    u, delta = torch.rand(1, length, channels, requires_grad=True), (0.1 * torch.rand(1, length, channels)).requires_grad_()
    a = -torch.arange(1.0, states + 1).repeat(channels, 1).requires_grad_()
    b, c = (torch.rand(1, length, states, requires_grad=True) for _ in range(2))
    weight = torch.rand(1, length, channels)

    def run():
        decay = torch.exp(delta.unsqueeze(-1) * a)
        drive = (delta * u).unsqueeze(-1) * b.unsqueeze(2)
        h, outputs = torch.zeros(1, channels, states), []
        for decay_t, drive_t, c_t in zip(decay.unbind(1), drive.unbind(1), c.unbind(1)):
            h = decay_t * h + drive_t
            outputs.append((h * c_t.unsqueeze(1)).sum(-1))
        torch.autograd.grad((torch.stack(outputs, 1) * weight).sum(), (u, delta, a, b, c))

    return run


def segmentation_scores(torch, pixels, classes):
    from torchmetrics.classification import MulticlassConfusionMatrix

    scores = MulticlassConfusionMatrix(num_classes=classes)
    target, predicted = torch.randint(0, classes, (pixels,)), torch.randint(0, classes, (pixels,))
    return lambda: scores.update(predicted, target)


def read_raster(threads, file, side, bands, compression):
    """Writes the file that both sides read: smooth relief with a little noise, in tiles of 256."""
    import numpy as np
    import tifffile

    rng = np.random.default_rng(0)
    axis = np.arange(side) / 97
    relief = 90 + 60 * np.sin(axis)[:, None, None] * np.cos(axis * 1.3)[None, :, None] + 10 * np.arange(bands)
    image = (relief + rng.integers(0, 4, (side, side, bands))).astype(np.uint8)
    packed = {} if compression == "none" else {"compression": compression, "predictor": 2}
    tifffile.imwrite(file, image, tile=(256, 256), photometric="rgb" if bands == 3 else "minisblack", **packed)
    return lambda: tifffile.imread(file, maxworkers=threads)
