"""A network of two layers in NumPy, its backward pass written by hand, and its gradient check.

python docs/two_layers.py           prints the check, and writes the gradients to two_layers.npz
python docs/two_layers.py --mended  the same without the mistake
"""

import sys
import tomllib
from pathlib import Path

import numpy as np

SCENARIO = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
x, y = (np.array(SCENARIO[kind][name]) for kind, name in (("input", "x"), ("target", "y")))
parameters = {name: np.array(value) for name, value in SCENARIO["parameters"].items()}
parameters = {name: p.reshape(len(p), -1) for name, p in parameters.items()}
MENDED = "--mended" in sys.argv


def forward(W1, b1, W2, b2):
    """The hidden units, the outputs, and the loss."""
    z1 = W1 @ x + b1
    h = np.tanh(z1)
    z2 = W2 @ h + b2
    return h, z2, 0.5 * np.sum((z2 - y) ** 2) / x.shape[1]


def backward(W1, b1, W2, b2):
    """The gradient of everything on the way, by name."""
    h, z2, _ = forward(W1, b1, W2, b2)
    dz2 = (z2 - y) / x.shape[1]
    dW2 = dz2 @ h.T
    db2 = dz2.sum(axis=1, keepdims=True)
    dh = W2.T @ dz2
    dz1 = dh * (1 - (h if MENDED else np.tanh(h)) ** 2)
    dW1 = dz1 @ x.T
    db1 = dz1.sum(axis=1, keepdims=True)
    return {"dz2": dz2, "dW2": dW2, "db2": db2, "dh": dh, "dz1": dz1, "dW1": dW1, "db1": db1}


def numerical(name, step=1e-6):
    """Central differences, cell by cell."""
    gradient = np.zeros_like(parameters[name])
    for cell in np.ndindex(gradient.shape):
        for sign in (1.0, -1.0):
            moved = {**parameters, name: parameters[name].copy()}
            moved[name][cell] += sign * step
            gradient[cell] += sign * forward(**moved)[-1] / (2.0 * step)
    return gradient


gradients = backward(**parameters)
for name in parameters:
    right = numerical(name)
    error = np.max(np.abs(gradients[f"d{name}"] - right)) / np.max(np.abs(right))
    print(f"d{name}: {error:.1e}  {'pass' if error < 1e-6 else 'FAIL'}")
few = {f"d{name}": gradients[f"d{name}"] for name in parameters}
np.savez("two_layers.npz", **(few if "--few" in sys.argv else gradients))
