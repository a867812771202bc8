"""EDC in plain PyTorch, the peer that the benchmark times: the same layers, names and shapes as @rs/example-edc (checked against the conformance cases)."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class PosEmb1D(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.cpb_mlp = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, dim, bias=False))

    def forward(self, x):
        side = math.isqrt(x.shape[1])
        axis = (torch.arange(side, dtype=x.dtype) - side // 2) / (side // 2)
        grid = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
        return x + self.cpb_mlp(grid)


class PosEmb2D(nn.Module):
    def __init__(self, window, heads):
        super().__init__()
        self.heads, self.tokens = heads, window * window
        self.cpb_mlp = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, heads, bias=False))
        offset = 8 * torch.arange(1 - window, window, dtype=torch.float32) / (window - 1)
        table = torch.stack(torch.meshgrid(offset, offset, indexing="ij"), -1)
        table = table.sign() * torch.log2(table.abs() + 1) / 3
        place = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
        relative = place[:, :, None] - place[:, None, :] + window - 1
        self.register_buffer("table", table, persistent=False)
        self.register_buffer("index", relative[0] * (2 * window - 1) + relative[1], persistent=False)

    def forward(self, logits):
        bias = self.cpb_mlp(self.table).reshape(-1, self.heads)[self.index.flatten()]
        bias = 16 * torch.sigmoid(bias.reshape(self.tokens, self.tokens, self.heads).permute(2, 0, 1))
        carriers = logits.shape[-1] - self.tokens
        return logits + (F.pad(bias, (carriers, 0, carriers, 0)) if carriers else bias)


class WindowAttention(nn.Module):
    def __init__(self, dim, heads, window):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.pos_emb_funct = PosEmb2D(window, heads)

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        logits = self.pos_emb_funct((q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1))
        return self.proj((logits.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))


class Mlp(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class HatBlock(nn.Module):
    def __init__(self, dim, heads, ratio, window, grid, ct):
        super().__init__()
        self.grid, self.ct, self.window = grid, ct, window
        self.pos_embed = PosEmb1D(dim)
        self.norm1, self.attn = nn.LayerNorm(dim), WindowAttention(dim, heads, window)
        self.norm2, self.mlp = nn.LayerNorm(dim), Mlp(dim, int(dim * ratio))
        self.hierarchical = grid[0] > 1 or grid[1] > 1
        if self.hierarchical:
            side = math.isqrt(grid[0] * grid[1] * ct * ct)
            self.hat_norm1, self.hat_attn = nn.LayerNorm(dim), WindowAttention(dim, heads, side)
            self.hat_norm2, self.hat_mlp = nn.LayerNorm(dim), Mlp(dim, int(dim * ratio))
            self.hat_pos_embed = PosEmb1D(dim)

    def forward(self, x, carriers):
        x = self.pos_embed(x)
        if self.hierarchical:
            (a, b), ct, dim = self.grid, self.ct, x.shape[-1]
            n = carriers.shape[0]
            carriers = carriers.view(n, a, b, ct, ct, dim).transpose(2, 3).reshape(n, -1, dim)
            if a == b:
                carriers = self.hat_pos_embed(carriers)
            carriers = carriers + self.hat_attn(self.hat_norm1(carriers))
            carriers = carriers + self.hat_mlp(self.hat_norm2(carriers))
            carriers = carriers.view(n, b, ct, a, ct, dim).transpose(2, 3).reshape(n * a * b, ct * ct, dim)
            x = torch.cat([carriers, x], 1)
        x = x + self.attn(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        if self.hierarchical:
            per = self.ct * self.ct
            carriers, x = x[:, :per].reshape(n, -1, dim), x[:, per:]
        return x, carriers


class TokenInitializer(nn.Module):
    def __init__(self, dim, size, window, ct):
        super().__init__()
        self.ct = ct
        self.pos_embed = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)
        out = [ct * s // window for s in size]
        self.stride = [s // o for s, o in zip(size, out)]
        self.kernel = [s - (o - 1) * st for s, o, st in zip(size, out, self.stride)]

    def forward(self, x):
        x = F.avg_pool2d(self.pos_embed(x), self.kernel, self.stride)
        n, c, h, w = x.shape
        x = x.view(n, c, h // self.ct, self.ct, w // self.ct, self.ct)
        return x.permute(0, 2, 4, 3, 5, 1).reshape(n, h * w, c)


class ConvBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(dim, dim, 3, padding=1), nn.BatchNorm2d(dim)
        self.conv2, self.norm2 = nn.Conv2d(dim, dim, 3, padding=1), nn.BatchNorm2d(dim)

    def forward(self, x):
        return x + self.norm2(self.conv2(F.gelu(self.norm1(self.conv1(x)))))


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Downsample(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = LayerNorm2d(dim, eps=1e-6)
        self.reduction = nn.Sequential(nn.Conv2d(dim, 2 * dim, 3, 2, 1, bias=False))

    def forward(self, x):
        return self.reduction(self.norm(x))


class HatLayer(nn.Module):
    def __init__(self, dim, depth, size, heads, window, ct, conv, hat, ratio, downsample):
        super().__init__()
        self.conv, self.window = conv, window
        if conv:
            self.blocks = nn.ModuleList(ConvBlock(dim) for _ in range(depth))
        else:
            padded = [math.ceil(s / window) * window for s in size]
            grid = [p // window for p in padded] if hat else [1, 1]
            self.blocks = nn.ModuleList(HatBlock(dim, heads, ratio, window, grid, ct) for _ in range(depth))
            self.global_tokenizer = TokenInitializer(dim, padded, window, ct) if hat else None
        self.downsample = Downsample(dim) if downsample else None

    def run(self, x):
        if self.conv:
            for block in self.blocks:
                x = block(x)
            return x
        n, c, h, w = x.shape
        ws = self.window
        x = F.pad(x, (0, -w % ws, 0, -h % ws))
        ph, pw = x.shape[2:]
        carriers = self.global_tokenizer(x) if self.global_tokenizer else None
        x = x.view(n, c, ph // ws, ws, pw // ws, ws).permute(0, 2, 4, 3, 5, 1).reshape(-1, ws * ws, c)
        for block in self.blocks:
            x, carriers = block(x, carriers)
        x = x.view(n, ph // ws, pw // ws, ws, ws, c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, ph, pw)
        return x[:, :, :h, :w]


class PatchEmbed(nn.Module):
    def __init__(self, channels, hidden, dim):
        super().__init__()
        self.conv_down = nn.Sequential(
            nn.Conv2d(channels, hidden, 3, 2, 1, bias=False), nn.BatchNorm2d(hidden, eps=1e-4), nn.ReLU(),
            nn.Conv2d(hidden, dim, 3, 2, 1, bias=False), nn.BatchNorm2d(dim, eps=1e-4), nn.ReLU(),
        )

    def forward(self, x):
        return self.conv_down(x)


class FasterViT(nn.Module):
    def __init__(self, channels, size, *, dim, inDim, depths, numHeads, windowSize, ctSize, mlpRatio, hat, numClasses=0, **_):
        super().__init__()
        self.patch_embed = PatchEmbed(channels, inDim, dim)
        sizes = [math.ceil(size / 2 ** (i + 2)) for i in range(4)]
        self.levels = nn.ModuleList(
            HatLayer(dim * 2**i, depths[i], [sizes[i]] * 2, numHeads[i], windowSize[i], ctSize, i < 2, hat[i], mlpRatio, i < 3) for i in range(4)
        )
        self.norm = nn.BatchNorm2d(dim * 8)
        self.head = nn.Linear(dim * 8, numClasses) if numClasses else None

    def forward(self, x):
        x = self.patch_embed(x)
        for level in self.levels:
            x = level.run(x)
            if level.downsample:
                x = level.downsample(x)
        return self.head(self.norm(x).mean((2, 3)))


class MultiScalePool(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(3 * channels, channels, 1), nn.ReLU())

    def forward(self, x):
        size = x.shape[2:]
        pooled = [F.max_pool2d(x, [min(k, s) for s in size]) for k in (2, 4)]
        return self.conv(torch.cat([x, *(F.interpolate(p, size) for p in pooled)], 1))


class SpatialGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.spatial = nn.Module()
        self.spatial.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.spatial.bn = nn.BatchNorm2d(1, momentum=0.01)

    def forward(self, x):
        x = torch.cat([x.max(1, keepdim=True)[0], x.mean(1, keepdim=True)], 1)
        return torch.sigmoid(self.spatial.bn(self.spatial.conv(x)))


class EcaGate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        t = int((math.log2(channels) + 1) / 2)
        k = t if t % 2 else t + 1
        self.conv = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)

    def forward(self, z):
        return torch.sigmoid(self.conv(z[:, None])[:, 0])


class Dchf(nn.Module):
    def __init__(self, channels, first):
        super().__init__()
        self.first = first
        self.opt_msc, self.sar_msc, self.cm_msc = MultiScalePool(channels), MultiScalePool(channels), MultiScalePool(channels)
        self.spatial_gate = SpatialGate()
        self.eca = EcaGate((2 if first else 3) * channels)
        self.opt_distribute = nn.Conv2d(channels, channels, 3, padding=1)
        self.sar_distribute = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, opt, sar, cm=None):
        f_opt, f_sar = self.opt_msc(opt), self.sar_msc(sar)
        attention = self.spatial_gate(f_opt - f_sar)
        reliable = 1 - attention
        pool = lambda x, w: (w * x).sum((2, 3)) / (w.sum((2, 3)) + 1e-6)
        branches, pooled = [reliable * f_opt, f_sar], [pool(f_opt, reliable), pool(f_sar, attention)]
        if not self.first:
            f_cm = self.cm_msc(cm)
            branches.append(f_cm)
            pooled.append(pool(f_cm, torch.ones_like(attention)))
        scales = self.eca(torch.cat(pooled, 1)).chunk(len(branches), 1)
        fused = sum(s[:, :, None, None] * b for s, b in zip(scales, branches))
        d_opt, d_sar = fused - f_opt, fused - f_sar
        return opt + d_opt * torch.sigmoid(self.opt_distribute(d_opt)), sar + d_sar * torch.sigmoid(self.sar_distribute(d_sar)), fused


class TriStreamEncoder(nn.Module):
    def __init__(self, opt, sar, size, encoder):
        super().__init__()
        self.opt, self.sar, self.cm = (FasterViT(c, size, **encoder) for c in (opt, sar, 3))
        self.fuse = nn.ModuleList(Dchf(encoder["dim"] * 2**i, i == 0) for i in range(4))

    def forward(self, optical, sar):
        o, s = self.opt.levels[0].run(self.opt.patch_embed(optical)), self.sar.levels[0].run(self.sar.patch_embed(sar))
        o, s, c = self.fuse[0](o, s)
        outputs = [(o, s, c)]
        for i in range(1, 4):
            step = lambda stream, x: stream.levels[i].run(stream.levels[i - 1].downsample(x))
            if i == 1:
                c = self.cm.levels[0].run(c)
            o, s, c = step(self.opt, o), step(self.sar, s), step(self.cm, c)
            if i == 3:
                o, s, c = self.opt.norm(o), self.sar.norm(s), self.cm.norm(c)
            o, s, c = self.fuse[i](o, s, c)
            outputs.append((o, s, c))
        return outputs


class DecoderBlock(nn.Module):
    def __init__(self, inner, skip, out):
        super().__init__()
        conv = lambda i, o: nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())
        self.conv1, self.conv2 = conv(inner + skip, out), conv(out, out)

    def forward(self, x, skip):
        x = F.interpolate(x, skip.shape[2:] if skip is not None else [2 * s for s in x.shape[2:]])
        return self.conv2(self.conv1(x if skip is None else torch.cat([x, skip], 1)))


class UNetDecoder(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        skips = [*encoder[-2::-1], 0]
        self.blocks = nn.ModuleList(DecoderBlock(i, s, o) for i, s, o in zip([encoder[-1], *decoder], skips, decoder))

    def forward(self, features):
        x = features[-1]
        for block, skip in zip(self.blocks, [*features[-2::-1], None]):
            x = block(x, skip)
        return x


class EDC(nn.Module):
    def __init__(self, *, numClasses, size, optChannels=4, sarChannels=2, decoderChannels, crHidden, encoder):
        super().__init__()
        widths = [encoder["dim"] * 2**i for i in range(4)]
        self.encoder = TriStreamEncoder(optChannels, sarChannels, size, encoder)
        self.ss_decoder, self.cr_decoder = UNetDecoder(widths, decoderChannels), UNetDecoder(widths, decoderChannels)
        self.ss_head = nn.Conv2d(decoderChannels[-1], numClasses, 3, padding=1)
        self.cr_head = nn.Sequential(nn.Conv2d(decoderChannels[-1], crHidden, 3, padding=1), nn.Conv2d(crHidden, optChannels, 3, padding=1))

    def forward(self, optical, sar):
        stages = self.encoder(optical, sar)
        up = lambda x: F.interpolate(x, optical.shape[2:], mode="bilinear", align_corners=False)
        features = self.ss_decoder([c for _, _, c in stages])
        return up(self.ss_head(features)), up(self.cr_head(self.cr_decoder([o for o, _, _ in stages]))), features


def losses(logits, reconstruction, features, labels, target, mask, teacher, gamma=0.1):
    """Equations 7 to 10: cross-entropy + Charbonnier under clouds + gamma * distillation on clear pixels."""
    segmentation = F.cross_entropy(logits, labels, ignore_index=255)
    removal = ((1 + 5 * mask[:, None]) * ((reconstruction - target) ** 2 + 1e-6) ** 0.45).mean()
    clear = 1 - mask
    up = lambda x: F.interpolate(x, mask.shape[1:], mode="bilinear", align_corners=False)
    distillation = (clear[:, None] * (up(features) - up(teacher)) ** 2).sum() / clear.sum().clamp(min=1)
    return segmentation + removal + gamma * distillation
