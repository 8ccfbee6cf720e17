"""`layerwise predict`: a table at 80 columns."""

from __future__ import annotations

import pytest

from layerwise.models import predict, preset


def test_the_table_is_that_of_the_library_and_fits(cli):
    code, out, err = cli("predict", "sigmoid_1986", "--data", "digits", "--seed", 3)
    assert (code, err) == (0, "")
    assert out.startswith("sigmoid_1986: MLP 8x64 sigmoid")
    assert str(predict(preset("sigmoid_1986"), "digits", seed=3)) in out
    assert max(map(len, out.splitlines())) <= 80
    header, *rows = [line.split() for line in out.splitlines() if line.startswith(("layer ", "linear", "output"))]
    assert header == ["layer", "activation", "rms", "predicted", "measured", "grad", "predicted", "measured"]
    assert len(rows) == 9
    for row in rows:
        assert float(row[4]) == pytest.approx(float(row[5]), rel=0.4)  # the gradient, over 14 orders of magnitude


def test_a_name_that_is_none(cli):
    code, out, err = cli("predict", "sigmoid_1987")
    assert (code, out) == (2, "")
    assert "sigmoid_1986" in err
