"""Every rule at shapes and options that show what it does."""

from hypothesis import strategies as st
from laws import MODERATE, POSITIVE, Case

SCALAR, COLUMN, WIDE, MATRIX, FOUR = (), (3, 1), (3, 2), (2, 3), (2, 3, 1, 2)
SHAPES = (SCALAR, COLUMN, WIDE)
BROADCASTS = ((SCALAR, SCALAR), (COLUMN, COLUMN), (SCALAR, WIDE), (WIDE, SCALAR), (COLUMN, WIDE), (WIDE, COLUMN))
APART = st.integers(-1500, 1500).map(lambda i: i * 0.002 + 0.0005)
"""Values that are equal, or far enough apart for a difference to see which is larger."""
ELEMENTWISE = [
    *(Case(name, shapes) for name in ("add", "subtract", "multiply") for shapes in BROADCASTS),
    *(Case("divide", shapes, elements=POSITIVE | st.floats(-20, -1e-3)) for shapes in BROADCASTS),
    *(Case("power", shapes, elements=POSITIVE, smooth=MODERATE) for shapes in BROADCASTS),
    *(Case(name, [shape]) for name in ("negate", "sin", "cos", "exp", "abs", "tanh", "sigmoid") for shape in SHAPES),
    *(Case(name, [shape]) for name in ("relu", "identity") for shape in SHAPES),
    *(Case(name, [shape]) for name in ("softplus", "leaky_relu", "elu", "silu", "gelu_tanh") for shape in SHAPES),
    *(Case("gelu", [shape]) for shape in SHAPES),
    *(Case("tan", [shape], smooth=st.floats(-1.2, 1.2)) for shape in SHAPES),
    *(Case("leaky_relu", [WIDE], {"slope": slope}) for slope in (0.0, 0.3, 1.0)),
    *(Case("elu", [WIDE], {"alpha": alpha}) for alpha in (0.0, 0.3, 2.0)),
    *(Case(name, shapes, smooth=APART, distinct=True) for name in ("maximum", "minimum") for shapes in BROADCASTS),
    *(Case("dropout", shapes) for shapes in BROADCASTS[:2]),
    *(Case(name, [shape], elements=POSITIVE, smooth=MODERATE) for name in ("log", "sqrt") for shape in SHAPES),
]
LINEAR = [
    *(Case(name, [shape]) for name in ("sum", "mean") for shape in (*SHAPES, FOUR)),
    *(Case(name, [FOUR], {"axis": axis}) for name in ("sum", "mean") for axis in (0, 2, -1)),
    *(Case("max", [shape], distinct=True) for shape in (*SHAPES, FOUR)),
    *(Case("max", [shape], {"axis": axis}, distinct=True) for shape in (WIDE, FOUR) for axis in (0, 1, -1)),
    *(Case("dot", [shape, shape]) for shape in SHAPES),
    *(Case("matmul", shapes) for shapes in ((MATRIX, COLUMN), (MATRIX, WIDE), (SCALAR, COLUMN), (SCALAR, SCALAR))),
    *(Case("affine", (MATRIX, a, b)) for a, b in ((COLUMN, (2, 1)), (WIDE, (2, 1)), (WIDE, (2, 2)), (WIDE, SCALAR))),
    Case("affine", (SCALAR, SCALAR, SCALAR)),
    Case("affine", (SCALAR, COLUMN, COLUMN)),
]
ARRANGE = [
    *(Case("transpose", [shape]) for shape in (COLUMN, MATRIX)),
    *(Case("reshape", [FOUR], {"shape": shape}) for shape in ((-1, 1), (3, 4), (2, -1, 2), (1, 2, 2, 3))),
    *(Case("reshape", [shape], {"shape": ()}) for shape in (SCALAR, (1, 1))),
    Case("slice", [MATRIX]),
    *(Case("slice", [MATRIX], {"ranges": ranges}) for ranges in (((1, 2),), ((None, None), (-2, None)))),
    Case("slice", [FOUR], {"ranges": ((0, 1), (1, 3), (None, None), (None, -1))}),
    *(Case("concatenate", [MATRIX, (4, 3), (1, 3)], {"axis": axis}) for axis in (0, -2)),
    *(Case("concatenate", [FOUR, (2, 3, 2, 2)], {"axis": axis}) for axis in (2, -2)),
    *(Case("embedding", [(2, words), (1, n)]) for words, n in ((3, 1), (1, 2), (3, 5))),
]
CONVOLUTION = [
    Case("conv2d", [(1, 3, 3, 1), (1, 1, 2, 2)]),
    Case("conv2d", [(2, 4, 3, 2), (3, 2, 2, 2)]),
    Case("conv2d", [(2, 4, 3, 2), (2, 2, 3, 1)], {"stride": 2}),
    Case("conv2d", [(1, 3, 4, 2), (2, 1, 2, 3)], {"padding": 2}),
    Case("conv2d", [(2, 2, 3, 1), (1, 2, 3, 3)], {"stride": 2, "padding": 1}),
    Case("conv2d", [(3, 2, 2, 2), (2, 3, 1, 1)], {"stride": 2, "padding": 1}),
    *(Case("max_pool", [shape], smooth=APART, distinct=True) for shape in ((1, 2, 2, 1), (1, 3, 4, 1), (2, 2, 2, 2))),
    Case("max_pool", [(1, 3, 4, 1)], {"stride": 1}, smooth=APART, distinct=True),
    Case("max_pool", [(1, 4, 4, 1)], {"size": 3, "stride": 1}, smooth=APART, distinct=True),
    *(Case("mean_pool", [shape]) for shape in ((1, 2, 2, 1), (2, 5, 4, 3))),
    Case("mean_pool", [(2, 5, 4, 3)], {"stride": 1}),
    Case("mean_pool", [(1, 5, 4, 2)], {"size": 3, "stride": 1}),
    Case("mean_pool", [(1, 5, 4, 2)], {"size": 1, "stride": 2}),
]
WELL = st.floats(-0.3, 0.3)
"""With an epsilon of 1 no cell of a Jacobian of a normalisation is then a small difference of large numbers."""
NORMALISE = [
    *(Case(name, [shape]) for name in ("softmax", "log_softmax") for shape in (COLUMN, WIDE, (1, 2), FOUR)),
    *(Case("layer_norm", [x, (3, 1), (3, 1)], {"epsilon": 1.0}, WELL) for x in (COLUMN, WIDE)),
    *(Case("batch_norm", [x, (n, 1), (n, 1)], {"epsilon": 1.0}, WELL) for n, x in ((3, WIDE), (2, (2, 5)))),
    *(Case(name, [FOUR, *[(2, 1, 1, 1)] * 2], {"epsilon": 1.0}, WELL) for name in ("layer_norm", "batch_norm")),
    Case("batch_norm_fixed", [WIDE, *[(3, 1)] * 4], elements=POSITIVE, smooth=MODERATE),
]
PROBABILITY, WHOLE = st.floats(0.05, 0.95), st.integers(-3, 3).map(float)
INSIDE = st.floats(-0.9, 0.9)
"""Where the hinge is not yet at its kink."""
REDUCTIONS: list[dict[str, str]] = [{}, {"reduction": "mean"}]
LOSSES = [
    *(
        Case(name, [shape, shape], options)
        for name in ("half_squared_error", "squared_error", "binary_cross_entropy_logits")
        for shape in (*SHAPES, FOUR)
        for options in REDUCTIONS
    ),
    *(Case("absolute_error", [x, x], o, smooth=APART, distinct=True) for x in SHAPES for o in REDUCTIONS),
    *(Case("huber", [x, x], {"delta": 1.5, **o}, smooth=WHOLE) for x in SHAPES for o in REDUCTIONS),
    *(Case("hinge", [x, x], o, smooth=INSIDE) for x in SHAPES for o in REDUCTIONS),
    Case("hinge", [WIDE, WIDE], smooth=st.floats(1.1, 3.0) | st.floats(-3.0, -1.1)),
    *(
        Case("binary_cross_entropy", [x, x], o, elements=st.floats(1e-6, 0.999999), smooth=PROBABILITY)
        for x in SHAPES
        for o in REDUCTIONS
    ),
    *(Case("cross_entropy", [WIDE, y], o) for y in (WIDE, (1, 2)) for o in REDUCTIONS),
    *(Case("cross_entropy", [(1, 2), (1, 2)], o) for o in REDUCTIONS),
    *(Case(name, [shape]) for name in ("l1", "l2") for shape in (*SHAPES, FOUR)),
]
CASES = [*ELEMENTWISE, *LINEAR, *ARRANGE, *CONVOLUTION, *NORMALISE, *LOSSES]
