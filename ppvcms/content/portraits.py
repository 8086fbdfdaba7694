"""Draw illustrated stand-in portraits for people who have no picture yet."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageChops, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable

RGB = tuple[int, int, int]

_OVERSAMPLING = 1.5
_HEIGHT = 88.0  # of the plane that figures are drawn on; its x is 0 in the middle
_TOP = 7.5


class Scene(NamedTuple):
    """Colours of the backdrop and of what is worn in front of it."""

    top: RGB
    bottom: RGB
    glow: RGB
    cloth: RGB


_SCENES = (
    Scene((24, 58, 68), (10, 24, 34), (92, 178, 170), (214, 190, 150)),
    Scene((88, 42, 60), (32, 16, 30), (236, 142, 116), (40, 52, 78)),
    Scene((214, 200, 180), (166, 140, 118), (255, 240, 214), (52, 84, 84)),
    Scene((46, 52, 96), (18, 20, 44), (136, 150, 232), (206, 92, 88)),
    Scene((190, 206, 204), (128, 152, 156), (244, 252, 246), (140, 62, 62)),
    Scene((112, 66, 34), (40, 22, 18), (248, 190, 108), (46, 66, 62)),
    Scene((38, 74, 52), (14, 30, 26), (158, 204, 136), (226, 208, 176)),
    Scene((226, 190, 176), (182, 128, 122), (255, 228, 206), (70, 62, 96)),
    Scene((62, 44, 82), (22, 16, 36), (206, 140, 206), (228, 170, 92)),
    Scene((176, 196, 214), (104, 130, 160), (240, 248, 255), (38, 54, 82)),
)
_SKINS: tuple[RGB, ...] = (
    (244, 208, 184),
    (228, 182, 150),
    (204, 152, 116),
    (164, 112, 80),
    (122, 80, 58),
    (88, 58, 46),
)
_HAIRS: tuple[RGB, ...] = (
    (32, 26, 26),
    (62, 40, 30),
    (106, 66, 40),
    (168, 118, 66),
    (142, 58, 38),
    (74, 46, 34),
    (44, 34, 34),
    (122, 112, 106),
)


@dataclass
class _Choices:
    """Small deterministic choices, one after another, from a seed."""

    seed: str
    count: int = 0

    def below(self, limit: int) -> int:
        """Return the next number from 0 up to, not including, the limit."""
        self.count += 1
        digest = hashlib.sha256(f"{self.seed}\0{self.count}".encode()).digest()
        return int.from_bytes(digest[:4]) % limit

    def between(self, low: float, high: float) -> float:
        """Return the next number in the span, in 1,000 steps."""
        return low + (high - low) * self.below(1001) / 1000


@dataclass
class _Canvas:
    """An image with a plane of its own, the same for every size of picture."""

    image: Image.Image

    def box(self, x: float, y: float, half_width: float, half_height: float) -> tuple[float, ...]:
        """Return the pixel box of an ellipse given by its middle and half axes."""
        scale = self.image.height / _HEIGHT
        middle = self.image.width / 2
        return (
            middle + (x - half_width) * scale,
            (y - _TOP - half_height) * scale,
            middle + (x + half_width) * scale,
            (y - _TOP + half_height) * scale,
        )

    def points(self, *points: tuple[float, float]) -> list[tuple[float, float]]:
        """Return the pixel positions of points of the plane."""
        scale = self.image.height / _HEIGHT
        return [(self.image.width / 2 + x * scale, (y - _TOP) * scale) for x, y in points]

    def mask(self, draw: Callable[[ImageDraw.ImageDraw], None], blur: float = 0) -> Image.Image:
        """Return a mask of what `draw` paints in 255, softened by `blur` units."""
        mask = Image.new("L", self.image.size, 0)
        draw(ImageDraw.Draw(mask))
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * self.image.height / _HEIGHT))
        return mask

    def ellipse(self, *ellipses: tuple[float, float, float, float], blur: float = 0) -> Image.Image:
        """Return a mask of ellipses, each as middle x, y and half axes."""

        def paint(draw: ImageDraw.ImageDraw) -> None:
            for one in ellipses:
                draw.ellipse(self.box(*one), fill=255)

        return self.mask(paint, blur)

    def polygon(self, *points: tuple[float, float], blur: float = 0) -> Image.Image:
        """Return a mask of one polygon."""
        return self.mask(lambda draw: draw.polygon(self.points(*points), fill=255), blur)

    def fill(self, mask: Image.Image, colour: RGB, strength: float = 1.0) -> None:
        """Put a colour where the mask is, as strong as said."""
        if strength < 1:
            mask = mask.point([round(value * strength) for value in range(256)])
        self.image.paste(colour, (0, 0), mask)


def portrait(seed: str, size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a WebP picture of an imaginary person; the same seed gives the same picture.

    The figure has no face on purpose: nobody should take it for a photograph.
    """
    choices = _Choices(seed)
    scene = _SCENES[choices.below(len(_SCENES))]
    large = (round(size[0] * _OVERSAMPLING), round(size[1] * _OVERSAMPLING))
    canvas = _Canvas(_backdrop(scene, large))
    _lights(canvas, choices, scene)
    _person(canvas, choices, scene)
    _vignette(canvas)
    answer = io.BytesIO()
    canvas.image.resize(size, Image.Resampling.LANCZOS).save(answer, "WEBP", quality=84, method=4)
    return answer.getvalue()


def _mix(one: RGB, other: RGB, share: float) -> RGB:
    """Return a colour on the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _backdrop(scene: Scene, size: tuple[int, int]) -> Image.Image:
    """Return the wall behind the person, lighter at the top."""
    shade = Image.linear_gradient("L").resize(size)
    return Image.composite(
        Image.new("RGB", size, scene.bottom), Image.new("RGB", size, scene.top), shade
    )


def _lights(canvas: _Canvas, choices: _Choices, scene: Scene) -> None:
    """Paint a soft lamp behind the person and blurred lights in the distance."""
    side = choices.between(-26, 26)
    canvas.fill(canvas.ellipse((side, 36, 46, 44), blur=16), scene.glow, 0.5)
    for _ in range(9):
        x, y = choices.between(-70, 70), choices.between(4, 74)
        radius = choices.between(2.2, 8.5)
        strength = choices.between(0.08, 0.26)
        canvas.fill(canvas.ellipse((x, y, radius, radius), blur=0.7), scene.glow, strength)


def _person(canvas: _Canvas, choices: _Choices, scene: Scene) -> None:
    """Paint shoulders, neck, head and hair, lit from one side."""
    skin = _SKINS[choices.below(len(_SKINS))]
    dark_skin = sum(skin) < sum(_SKINS[3])
    hair = _HAIRS[choices.below(2 if dark_skin else len(_HAIRS))]
    style = _STYLES[choices.below(len(_STYLES))]
    light = -1 if choices.below(2) else 1
    lean = choices.between(-5, 5)

    style(canvas, lean, hair, behind=True)
    shoulders = ImageChops.lighter(
        canvas.ellipse((lean * 0.3, 106, 35, 33)),
        canvas.ellipse((lean * 0.3, 116, 41, 34)),
    )
    canvas.fill(shoulders, scene.cloth)
    _shade(canvas, shoulders, (lean * 0.3 - light * 30, 108, 26, 44), 0.30)
    _shine(canvas, shoulders, (lean * 0.3 + light * 24, 84, 16, 14), scene.glow)

    neck = canvas.polygon((lean - 7.5, 55), (lean + 7.5, 55), (lean + 9, 79), (lean - 9, 79))
    neck = ImageChops.lighter(neck, canvas.ellipse((lean * 0.6, 77, 13, 8)))
    canvas.fill(neck, _mix(skin, (60, 20, 20), 0.16))
    _shade(canvas, neck, (lean, 58, 14, 10), 0.34)
    if choices.below(2):
        _collar(canvas, lean * 0.6, scene.cloth)

    head = ImageChops.lighter(
        canvas.ellipse((lean, 40, 15.4, 19)), canvas.ellipse((lean, 49, 12.4, 14.4))
    )
    ears = canvas.ellipse((lean - 15.2, 44, 2.6, 4.2), (lean + 15.2, 44, 2.6, 4.2))
    canvas.fill(ears, _mix(skin, (70, 20, 20), 0.14))
    canvas.fill(head, skin)
    _shade(canvas, head, (lean - light * 15, 46, 12, 26), 0.26)
    _shine(canvas, head, (lean + light * 8, 40, 9, 13), (255, 244, 226))
    canvas.fill(
        ImageChops.multiply(head, canvas.ellipse((lean + light * 5, 51, 5, 4), blur=2.4)),
        _mix(skin, (220, 70, 70), 0.5),
        0.28,
    )
    style(canvas, lean, hair, behind=False)


def _collar(canvas: _Canvas, x: float, cloth: RGB) -> None:
    """Paint an open collar."""
    edge = _mix(cloth, (255, 255, 255), 0.22)
    canvas.fill(canvas.polygon((x - 15, 75), (x - 8, 72), (x - 1, 90), (x - 8, 92)), edge)
    canvas.fill(canvas.polygon((x + 15, 75), (x + 8, 72), (x + 1, 90), (x + 8, 92)), edge)


def _shade(
    canvas: _Canvas, part: Image.Image, where: tuple[float, float, float, float], strength: float
) -> None:
    """Darken a part softly on its far side."""
    shadow = ImageChops.multiply(part, canvas.ellipse(where, blur=7))
    canvas.fill(shadow, (24, 12, 24), strength)


def _shine(
    canvas: _Canvas, part: Image.Image, where: tuple[float, float, float, float], colour: RGB
) -> None:
    """Let the lamp fall on a part."""
    canvas.fill(ImageChops.multiply(part, canvas.ellipse(where, blur=6)), colour, 0.22)


def _hair(canvas: _Canvas, mask: Image.Image, colour: RGB, x: float) -> None:
    """Paint hair with a soft reflection near the crown."""
    canvas.fill(mask, colour)
    _shine(canvas, mask, (x + 5, 26, 10, 6), _mix(colour, (255, 226, 196), 0.7))


def _fringe(canvas: _Canvas, x: float, low: float) -> Image.Image:
    """Return the hair above the forehead, down to `low` at its sides."""
    crown = canvas.ellipse((x, 36, 17, 19.5))
    face = canvas.ellipse((x + 1.6, 51, 14.4, 19.5))
    sides = canvas.polygon((x - 40, 0), (x + 40, 0), (x + 40, low), (x - 40, low))
    return ImageChops.multiply(ImageChops.subtract(crown, face), sides)


def _short(canvas: _Canvas, x: float, colour: RGB, *, behind: bool) -> None:
    """Short hair, parted."""
    if behind:
        return
    _hair(canvas, _fringe(canvas, x, 42), colour, x)


def _long(canvas: _Canvas, x: float, colour: RGB, *, behind: bool) -> None:
    """Long hair over the shoulders."""
    if behind:
        back = ImageChops.lighter(
            canvas.ellipse((x, 38, 21, 23)),
            canvas.polygon((x - 21, 38), (x + 21, 38), (x + 25, 88), (x - 25, 88)),
        )
        _hair(canvas, back, _mix(colour, (0, 0, 0), 0.22), x)
        return
    _hair(canvas, _fringe(canvas, x, 54), colour, x)
    canvas.fill(
        canvas.polygon((x - 17, 36), (x - 13.6, 44), (x - 14, 66), (x - 22, 88), (x - 25, 84)),
        colour,
    )
    canvas.fill(
        canvas.polygon((x + 17, 36), (x + 14.6, 46), (x + 15, 66), (x + 21, 82), (x + 24, 78)),
        colour,
    )


def _bob(canvas: _Canvas, x: float, colour: RGB, *, behind: bool) -> None:
    """Hair to the chin."""
    if behind:
        _hair(
            canvas,
            ImageChops.lighter(
                canvas.ellipse((x, 38, 21.5, 22)), canvas.ellipse((x, 50, 22.5, 15))
            ),
            _mix(colour, (0, 0, 0), 0.2),
            x,
        )
        return
    _hair(canvas, _fringe(canvas, x, 50), colour, x)


def _bun(canvas: _Canvas, x: float, colour: RGB, *, behind: bool) -> None:
    """Hair tied up."""
    if behind:
        _hair(canvas, canvas.ellipse((x + 3, 15, 9, 8.5)), _mix(colour, (0, 0, 0), 0.12), x)
        return
    _hair(canvas, _fringe(canvas, x, 44), colour, x)


def _curls(canvas: _Canvas, x: float, colour: RGB, *, behind: bool) -> None:
    """A cloud of curls."""
    if behind:
        cloud = canvas.ellipse(
            (x - 15, 28, 10, 10),
            (x, 21, 13, 11),
            (x + 15, 28, 10, 10),
            (x - 19, 41, 8.5, 11),
            (x + 19, 41, 8.5, 11),
            (x, 35, 19, 18),
        )
        _hair(canvas, cloud, colour, x)
        return
    top = canvas.ellipse((x - 9, 25, 7.5, 6), (x, 23, 8, 6), (x + 9, 25, 7.5, 6))
    _hair(canvas, top, colour, x)


def _scarf(canvas: _Canvas, x: float, colour: RGB, *, behind: bool) -> None:
    """A scarf around head and neck."""
    cloth = _mix(colour, (196, 168, 156), 0.62)
    if behind:
        canvas.fill(canvas.ellipse((x, 40, 20.5, 24), (x, 68, 20, 16)), _mix(cloth, (0, 0, 0), 0.2))
        return
    around = canvas.ellipse((x, 39, 19, 23), (x * 0.6, 73, 21, 11))
    face = canvas.ellipse((x, 45, 12.6, 16.8))
    _hair(canvas, ImageChops.subtract(around, face), cloth, x)


def _beard(canvas: _Canvas, x: float, colour: RGB, *, behind: bool) -> None:
    """Short hair and a beard."""
    if behind:
        return
    jaw = ImageChops.lighter(canvas.ellipse((x, 51, 13.4, 15.6)), canvas.ellipse((x, 46, 15.6, 13)))
    cheeks = canvas.ellipse((x, 40, 13.2, 15.4))
    lower = canvas.polygon((x - 40, 40), (x + 40, 40), (x + 40, 90), (x - 40, 90))
    beard = ImageChops.multiply(ImageChops.subtract(jaw, cheeks), lower)
    canvas.fill(beard.filter(ImageFilter.GaussianBlur(1.5)), _mix(colour, (0, 0, 0), 0.08))
    _hair(canvas, _fringe(canvas, x, 44), colour, x)


_STYLES = (_short, _long, _bob, _bun, _curls, _beard, _long, _scarf, _short, _bob)


def _vignette(canvas: _Canvas) -> None:
    """Darken the edges so that badges stay legible."""
    middle = canvas.ellipse((0, 46, 82, 66), blur=16)
    canvas.fill(ImageChops.invert(middle), (8, 8, 14), 0.42)
