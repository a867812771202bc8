"""One contender: reads `{"case": ..., "action": "prepare" | "run"}` a line, answers `{"ms": ...}`. The driver alternates it with ours, step by step."""

import json
import resource
import sys
import time

import torch

from edc import EDC, losses

threads = int(sys.argv[1])
torch.set_num_threads(threads)
cases = {}


def prepare(name, kind, batch, size, gamma, model):
    torch.manual_seed(0)
    network = EDC(numClasses=model["numClasses"], size=size, decoderChannels=model["decoderChannels"], crHidden=model["crHidden"], encoder=model["encoder"])
    optical, sar = torch.rand(batch, 4, size, size), torch.rand(batch, 2, size, size)
    if kind == "forward":
        network.eval()

        def run():
            with torch.no_grad():
                return network(optical, sar)[0].sum().item()

    else:
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
            return loss.item()

    cases[name] = run


print(json.dumps({"ready": f"PyTorch {torch.__version__} (eager, NCHW)"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["action"] == "prepare":
        prepare(**request["case"])
        print(json.dumps({"ms": 0}), flush=True)
    elif request["action"] == "release":
        cases.clear()
        print(json.dumps({"ms": 0}), flush=True)
    else:
        start = time.perf_counter()
        cases[request["name"]]()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({"ms": 1000 * (time.perf_counter() - start), "peakMiB": peak}), flush=True)
