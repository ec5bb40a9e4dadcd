"""The network of scenarios/tanh4.toml in plain NumPy, for pudb to step through."""

import numpy as np

x, y, rate = np.float64(2.0), np.float64(10.0), 0.001
W = [np.float64(weight) for weight in (1.0, 2.0, 1.0, 1.0)]
b = [np.float64(0.0)] * 4

for _ in range(100):
    u, a = [], [x]
    for k in range(4):
        u.append(W[k] * a[k] + b[k])
        a.append(np.tanh(u[k]) if k == 2 else u[k])
    upstream = a[4] - y
    for k in reversed(range(4)):
        delta = upstream / np.cosh(u[k]) ** 2 if k == 2 else upstream
        upstream = W[k] * delta
        W[k] -= rate * delta * a[k]
        b[k] -= rate * delta
