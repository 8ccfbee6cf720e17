"""A small lecture with every mark, made by hand."""

from __future__ import annotations

from layerwise.records import Axis, ClaimRecord, LectureRecord, Marks, Picture, Table

NUMBERS = (1.0, 2.0, 3.0)
LINE = {"x": NUMBERS, "y": (0.1, 0.5, 0.9), "series": ("a", "a", "b")}


def make_picture(**changes):
    marks = (
        Marks(kind="band", columns={"x": NUMBERS, "low": (0.0, 0.3, 0.8), "high": (0.2, 0.6, 1.0)}),
        Marks(kind="line", columns=LINE),
        Marks(kind="rule", columns={"y": (0.5,)}),
        Marks(kind="text", columns={"x": (2.0,), "y": (0.5,), "text": ("half",)}),
    )
    given = {"title": "It rises", "x": Axis(title="step"), "y": Axis(title="share", low=0.0, high=1.0), "marks": marks}
    return Picture(**(given | changes))


def pictures():
    """One of each kind of marks."""
    yield make_picture()
    yield make_picture(size="card", marks=(Marks(kind="steps", columns={"x": NUMBERS, "y": (1.0, 4.0, 0.0)}),))
    yield make_picture(size="full", marks=(Marks(kind="path", columns={"x": (1.0, 3.0, 2.0), "y": NUMBERS}),))
    cells = {"x": (0.0, 1.0), "x2": (1.0, 2.0), "y": (0.0, 0.0), "y2": (1.0, 1.0), "value": (1.0, 10.0)}
    heat = Axis(title="loss", scale="log", low=1.0, high=10.0)
    yield make_picture(marks=(Marks(kind="cells", columns=cells),), value=heat, y=Axis(title="across"))
    way = {"x": (0.5, 1.0, 1.5), "y": (0.1, 0.9, 0.5), "series": ("way",) * 3}
    over = (Marks(kind="cells", columns=cells), Marks(kind="path", columns=way), Marks(kind="points", columns=way))
    yield make_picture(marks=over, value=heat, x=Axis(title="x_i", scale="bare"), y=Axis(title="", scale="bare"))
    yield make_picture(marks=(Marks(kind="dots", columns=LINE), Marks(kind="points", columns=LINE)))
    bars = {"x": NUMBERS, "y": ("one", "two", "three"), "low": (0.5, 1.5, 2.5), "high": (1.5, 2.5, 3.5)}
    yield make_picture(y=Axis(title="", scale="names"), marks=(Marks(kind="bars", columns=bars),))
    upright = {"x": ("one", "two"), "y": (3.0, 4.0)}
    yield make_picture(x=Axis(title="which", scale="names"), marks=(Marks(kind="bars", columns=upright),))
    logs = {"x": NUMBERS, "y": (1e-9, 0.0, 1.0), "low": (1e-10, 0.0, 0.5), "high": (1e-8, 0.1, 2.0)}
    yield make_picture(y=Axis(title="gradient", scale="log"), marks=(Marks(kind="points", columns=logs),))


def make_claim(claim_id="C1.1", verdict="holds", **changes):
    given = {
        "id": claim_id,
        "title": "A gradient",
        "kind": "exact",
        "statement": "The formula is the gradient.",
        "prediction": "Both are equal.",
        "decision_rule": "At most 1e-12.",
        "source": "A lecture.",
        "verdict": verdict,
        "condition": "",
        "finding": "They differ by 2e-16.",
        "metric": "difference",
        "value": 2e-16,
        "low": 2e-16,
        "high": 2e-16,
        "n_seeds": 0,
        "tables": (Table(title="Both sides", columns=("what", "left", "right"), rows=(("a", "1", "1e-07"),)),),
        "pictures": tuple(pictures()),
        "seconds": 0.1,
        "command": f"layerwise lecture {claim_id}",
    }
    return ClaimRecord(**(given | changes))


EXAMPLES = (make_claim(), make_claim("C3.7", "holds if", condition="Halved."), make_claim("C4.2", "does not hold"))


def make_lecture(*claims, **changes):
    given = {
        "claims": claims or EXAMPLES,
        "data": "digits: scikit-learn's",
        "full": False,
        "seeds": None,
        "device": "cpu",
        "versions": {"layerwise": "0.1"},
        "command": "layerwise lecture",
        "seconds": 3.0,
    }  # fmt: skip
    return LectureRecord(**(given | changes))
