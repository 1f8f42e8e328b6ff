"""Pillow: pictures of arrays, arrays of pictures."""

import io

import metes as mt
import pytest

Image = pytest.importorskip("PIL.Image")


def test_pixels_survive_a_file():
    pixels = mt.astype(mt.reshape(mt.arange(60), (4, 5, 3)), mt.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    assert mt.asarray(Image.open(file)).tolist() == pixels.tolist()


def test_a_new_picture_is_an_array_of_zeros():
    back = mt.asarray(Image.new("RGB", (4, 5)))
    assert back.shape == (5, 4, 3) and back.dtype == mt.uint8 and not back.any()


def test_a_reversed_view_is_a_mirrored_picture():
    grey = mt.astype(mt.reshape(mt.arange(20), (4, 5)), mt.uint8)
    assert Image.fromarray(grey[:, ::-1]).getpixel((0, 0)) == 4
