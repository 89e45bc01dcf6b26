"""How two pictures are looked at side by side: zoom, flip, brightness, blur, the same for both.

From the address, so that it works without a script; values in, words for SVG and CSS out.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.console.crops import Crop

ZOOMS = ("0.5", "0.75", "1", "1.5", "2", "3")
LIGHTS = ("60", "80", "100", "125", "150", "200")


@dataclass(frozen=True, slots=True)
class Look:
    """A way to look. `zoom` is relative to the window around the face, `light` in per cent."""

    zoom: str = "1"
    light: str = "100"
    flip: bool = False
    blur: bool = False

    @classmethod
    def of(cls, zoom: str, light: str, flip: int, blur: int) -> Look:
        """From an address; what is not offered counts as the usual."""
        usual = cls()
        return cls(
            zoom if zoom in ZOOMS else usual.zoom,
            light if light in LIGHTS else usual.light,
            flip == 1,
            blur == 1,
        )

    @property
    def css(self) -> str:
        """The further classes of both pictures, with a space before each."""
        light = "" if self.light == "100" else f" light-{self.light}"
        return f"{light}{' flip' if self.flip else ''}"

    def window(self, crop: Crop) -> str:
        """The part of a picture that is shown: the face's window, nearer or farther."""
        x, y, wide, high = (float(word) for word in crop.view_box.split())
        factor = 1 / float(self.zoom)
        left, top = x + wide / 2 * (1 - factor), y + high / 2 * (1 - factor)
        return f"{left:.1f} {top:.1f} {wide * factor:.1f} {high * factor:.1f}"
