"""PNG files with the standard library alone."""

import struct
import zlib


def write_png(path, pixels):
    """Writes an array of shape (height, width, 3) and dtype uint8 as a PNG file."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows, row = memoryview(pixels).tobytes(), 3 * width
    lines = b"".join(b"\0" + rows[start : start + row] for start in range(0, height * row, row))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head))
        file.write(chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))
