"""pictures.py: pictures made and read with the standard library alone: a PNG to use as artwork, and the grey pixels of a rendered page."""
import struct, subprocess, zlib


def png(width, height, colour):
    """An RGB gradient from `colour` to darker, so that it is not one flat box."""
    rows = bytearray()
    for y in range(height):
        k = 1 - 0.4 * y / height
        rows += b"\0" + bytes(int(c * k) for c in colour) * width
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(bytes(rows), 6)) + chunk(b"IEND", b"")


class Grey:
    """A page of a PDF as grey pixels."""

    def __init__(self, pdf, page, dpi):
        data = subprocess.run(["pdftoppm", "-r", str(dpi), "-gray", "-f", str(page), "-l", str(page), str(pdf)], capture_output=True, check=True).stdout
        head, self.pixels = data.split(b"\n255\n", 1)
        self.width, self.height = map(int, head.split()[1:3])
        self.dpi = dpi

    def rows(self, x, y, w, h):
        """Rows of the rectangle given in points from the top left."""
        k = self.dpi / 72
        x0, x1 = max(0, round(x * k)), min(self.width, round((x + w) * k))
        for line in range(max(0, round(y * k)), min(self.height, round((y + h) * k))):
            yield self.pixels[line * self.width + x0:line * self.width + x1]


def pages_differ(a, b):
    """Share of pixels of two Grey pages that differ by more than 35 % after a blur of 3x3: more than anti-aliasing can do."""
    if (a.width, a.height) != (b.width, b.height):
        return 1.0
    bad = sum(1 for p, q in zip(a.pixels, b.pixels) if abs(p - q) > 90)
    return bad / len(a.pixels)
