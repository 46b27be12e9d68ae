"""The blocks of the PyTorch twin: networks side by side, gates and crossings, as `torch.nn` modules."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from mtmd_tf.benchmarks.peers.plain import Map, Norm

_EPSILON = 1e-5  # of a LayerNorm


def weight(value: np.ndarray) -> torch.nn.Parameter:
    """A parameter that starts at the value, of the same shape `[...]`."""
    return torch.nn.Parameter(torch.tensor(value))


class Maps(torch.nn.Module):
    """Linear maps side by side in one batched product: `[copies or 1, rows, inputs]` to `[copies, rows, units]`."""

    def __init__(self, made: Map) -> None:
        super().__init__()
        self.kernel, self.bias = weight(made[0]), weight(made[1])

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Maps every row by every copy."""
        if self.kernel.shape[0] == 1:
            return (rows[0] @ self.kernel[0] + self.bias[0])[None]
        return torch.baddbmm(self.bias, rows.expand(self.kernel.shape[0], -1, -1), self.kernel)


class Normalize(torch.nn.Module):
    """LayerNorm with gains and shifts of each copy: `[copies, rows, units]` to the same."""

    def __init__(self, made: Norm) -> None:
        super().__init__()
        self.gain, self.shift = weight(made[0]), weight(made[1])

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Normalizes each row by itself."""
        units = (rows.shape[-1],)
        if self.gain.shape[0] == 1:
            return functional.layer_norm(rows, units, self.gain[0, 0], self.shift[0, 0], _EPSILON)
        return torch.addcmul(self.shift, functional.layer_norm(rows, units, eps=_EPSILON), self.gain)


class FeedForward(torch.nn.Module):
    """Linear, LayerNorm and LeakyReLU, layer after layer: `[1, rows, inputs]` to `[copies, rows, units]`."""

    def __init__(self, layers: Sequence[tuple[Map, Norm]], *, slope: float) -> None:
        super().__init__()
        self.maps = torch.nn.ModuleList(Maps(made) for made, _ in layers)
        self.norms = torch.nn.ModuleList(Normalize(made) for _, made in layers)
        self.slope = slope

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Runs the layers in order."""
        for linear, norm in zip(self.maps, self.norms, strict=True):
            rows = functional.leaky_relu(norm(linear(rows)), self.slope)
        return rows


class Gate(torch.nn.Module):
    """Squeeze-and-excitation over fields: `[rows, fields, dim]` and mask `[rows, fields]` to `[rows, fields, dim]`."""

    def __init__(self, squeeze: Map, excite: Map) -> None:
        super().__init__()
        self.squeeze, self.excite = Maps(squeeze), Maps(excite)

    def forward(self, fields: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Scales every field."""
        squeezed = torch.cat([fields.mean(2), mask], 1)[None]
        return 2.0 * torch.sigmoid(self.excite(functional.relu(self.squeeze(squeezed)))[0])[:, :, None] * fields


class Cross(torch.nn.Module):
    """LayerNorm and low-rank DCN-v2 of each task: `[tasks, rows, units]` to the same."""

    def __init__(self, norm: Norm, down: np.ndarray, up: Map) -> None:
        super().__init__()
        self.norm, self.down, self.up = Normalize(norm), weight(down), Maps(up)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Crosses the normalized rows with themselves."""
        x0 = self.norm(rows)
        return x0 * self.up(torch.bmm(x0, self.down)) + x0


class BatchNorm(torch.nn.Module):
    """Normalizes numbers by the batch's rows where each is present, and moves its statistics (`MaskedBatchNorm`).

    Input shape:  numbers `[rows, features]`, present `[rows, features]` 1 or 0
    Output shape: `[rows, features]`, 0 where absent
    """

    def __init__(self, features: int, *, momentum: float = 0.99, epsilon: float = 1e-3) -> None:
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("variance", torch.ones(features))
        self.register_buffer("seen", torch.zeros(features))

    def forward(self, numbers: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """In training by the batch's moments, else by the moving ones."""
        mean, variance = self.mean, self.variance
        if self.training:
            mean, variance = self._batch_moments(numbers, present)
        return (numbers - mean) * torch.rsqrt(variance + self.epsilon) * present

    def _batch_moments(self, numbers: torch.Tensor, present: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():  # the numbers are data: nothing below them learns
            rows = present.sum(0)
            divisor = rows.clamp(min=1.0)
            mean = (numbers * present).sum(0) / divisor
            variance = (((numbers - mean) * present) ** 2).sum(0) / divisor
            enough = rows >= 2.0
            mean, variance = torch.where(enough, mean, self.mean), torch.where(enough, variance, self.variance)
            keep = torch.where(enough, torch.clamp(self.seen / (self.seen + 1.0), max=self.momentum), 1.0)
            self.mean.copy_(keep * self.mean + (1.0 - keep) * mean)
            self.variance.copy_(keep * self.variance + (1.0 - keep) * variance)
            self.seen.add_(enough.float())
        return mean, variance
