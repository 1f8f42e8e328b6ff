"""array-api-compat: the namespace of an array, and the helpers that libraries ask for."""

import metes as mt
import pytest

compat = pytest.importorskip("array_api_compat")


def test_the_namespace_of_an_array_is_the_package(rows):
    assert compat.array_namespace(mt.array(rows)) is mt
    assert compat.is_array_api_obj(mt.array(rows))
    assert not compat.is_numpy_array(mt.array(rows))


def test_the_helpers_answer(agree, rows):
    agree(lambda xp, a: compat.size(a), rows)
    agree(lambda xp, a: compat.to_device(a, compat.device(a)), rows, stays=True)
    assert not compat.is_lazy_array(mt.array(rows))
    assert compat.is_writeable_array(mt.array(rows))
