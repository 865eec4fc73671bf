"""Maps of images, and their pixels by PyTorch's grid_sample() and Keras' affine_transform().

Images are examples x rows x columns x channels. A map is a matrix that takes a pixel of the result,
(row, column, 1), to the place that it comes from.
"""
import math

import keras
import torch

# The names of our fill modes in PyTorch, which has no wrap and for a constant 0, and in Keras.
TORCH = {"nearest": "border", "constant": "zeros", "reflect": "reflection"}


def about_middle(linear, rows, columns):
    """The map that does this with what is numbered from the middle of the image."""
    middle = torch.tensor([(rows - 1) / 2, (columns - 1) / 2, 0], dtype=torch.float64)
    moved = torch.eye(3, dtype=torch.float64)
    moved[:, 2] += middle
    back = torch.eye(3, dtype=torch.float64)
    back[:, 2] -= middle
    return moved @ linear @ back


def rotation(angle, rows, columns):
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]], dtype=torch.float64)
    return about_middle(turn, rows, columns)


def places(mapping, rows, columns):
    """Where each pixel comes from: rows x columns x (row, column)."""
    grid = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    pixels = torch.stack((*grid, torch.ones(rows, columns)), 2).double()
    return (pixels @ mapping.T)[..., :2]


def by_torch(x, mapping, fill, value=0.0):
    """The same map for all, or as many as there are images."""
    assert value == 0.0
    _, rows, columns, _ = x.shape
    maps = mapping.expand(len(x), 3, 3)
    grid = torch.stack([places(one, rows, columns) for one in maps])
    # From -1 at the outer edge of the first pixel to 1 at that of the last; columns come first.
    grid = (2 * grid + 1) / torch.tensor([rows, columns]) - 1
    y = torch.nn.functional.grid_sample(
        x.permute(0, 3, 1, 2), grid.flip(3), padding_mode=TORCH[fill], align_corners=False
    )
    return y.permute(0, 2, 3, 1)


def by_keras(x, mapping, fill, value=0.0):
    # Keras' eight numbers take (column, row) to (column, row).
    (a, b, c), (d, e, f), _ = mapping.tolist()
    eight = torch.tensor([[e, d, f, b, a, c, 0, 0]], dtype=torch.float64)
    return keras.ops.image.affine_transform(
        x, eight.repeat(len(x), 1), fill_mode=fill, fill_value=value,
        data_format="channels_last",
    )  # fmt: skip


def find_angle(before, after, most):
    """By how much one image was turned, sought within `most` full turns either way, from the pixels
    that no turn takes to the outside: so without knowing how that is filled."""
    _, rows, columns, _ = before.shape
    from_middle = places(torch.eye(3).double(), rows, columns)
    from_middle -= torch.tensor([(rows - 1) / 2, (columns - 1) / 2])
    inner = from_middle.norm(dim=2) <= (min(rows, columns) - 1) / 2
    low, high = -2 * math.pi * most, 2 * math.pi * most
    for _ in range(6):
        angles = torch.linspace(low, high, 401).tolist()
        maps = torch.stack([rotation(angle, rows, columns) for angle in angles])
        turned = by_torch(before.expand(len(maps), -1, -1, -1), maps, "nearest")
        errors = ((turned - after)[:, inner] ** 2).sum((1, 2))
        best, step = angles[int(errors.argmin())], angles[1] - angles[0]
        low, high = best - step, best + step
    return best
