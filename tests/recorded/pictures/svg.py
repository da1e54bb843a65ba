"""How is a picture written down? As SVG that needs nothing else, readable by day and by night.

Lengths are pixels at the picture's own size. Colours have names, which stand for one colour on a light page and another
on a dark one; a viewer that knows of neither sees the light ones. Action and inaction differ in shape too.
"""

from collections.abc import Mapping
from html import escape

Colours = Mapping[str, str]

LIGHT: Colours = {
    "card": "#ffffff",
    "edge": "#dfe3ea",
    "ink": "#1c2430",
    "muted": "#5d6878",
    "grid": "#e9ecf1",
    "action": "#2563c9",
    "reach": "#dbe7fb",
    "inaction": "#c2410c",
    "bar": "#fde3d3",
    "other": "#8b95a5",
    "tag": "#1f7a4d",
    "ontag": "#ffffff",
    "band": "#ece6fa",
    "violet": "#6d3fc4",
}
DARK: Colours = {
    "card": "#1b1f29",
    "edge": "#343b49",
    "ink": "#e8ecf3",
    "muted": "#a3adbd",
    "grid": "#2b313d",
    "action": "#7fb0ff",
    "reach": "#253a5e",
    "inaction": "#ff9d6b",
    "bar": "#573421",
    "other": "#8a94a6",
    "tag": "#4cc38a",
    "ontag": "#0d1f16",
    "band": "#3a2f5c",
    "violet": "#bfa4ff",
}
FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif'


class Svg:
    """A picture under way; `written` is its text."""

    def __init__(self, width: float, title: str, description: str) -> None:
        self._width = width
        self._title, self._description = title, description
        self._parts: list[str] = []

    def written(self, height: float) -> str:
        """The whole file, on a card of this height."""
        opening = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(self._width)}" height="{_number(height)}" '
            f'viewBox="0 0 {_number(self._width)} {_number(height)}" role="img" aria-labelledby="title description">'
        )
        card = (
            f'<rect class="card edge-line" x="0.5" y="0.5" width="{_number(self._width - 1)}" '
            f'height="{_number(height - 1)}" rx="10"/>'
        )
        head = [
            opening,
            f'<title id="title">{escape(self._title)}</title>',
            f'<desc id="description">{escape(self._description)}</desc>',
            f"<style>{_style()}</style>",
            card,
        ]
        return "\n".join([*head, *self._parts, "</svg>"]) + "\n"

    def text(self, x: float, y: float, words: str, kind: str = "ink", anchor: str = "start") -> None:
        """Words whose baseline begins at (x, y), or is centred there, or ends there."""
        placed = f'x="{_number(x)}" y="{_number(y)}"'
        at = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(f'<text class="{kind}" {placed}{at}>{escape(words, quote=False)}</text>')

    def rect(self, x: float, y: float, width: float, height: float, kind: str, radius: float = 0) -> None:
        """A box."""
        box = f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
        self._parts.append(f'<rect class="{kind}" {box}' + (f' rx="{_number(radius)}"/>' if radius else "/>"))

    def circle(self, x: float, y: float, radius: float, kind: str) -> None:
        """A dot."""
        self._parts.append(
            f'<circle class="{kind}" cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"/>',
        )

    def path(self, steps: str, kind: str) -> None:
        """Any line; `steps` is SVG's language for paths."""
        self._parts.append(f'<path class="{kind}" d="{steps}"/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """A straight one."""
        self.path(f"M{_number(x1)} {_number(y1)}L{_number(x2)} {_number(y2)}", kind)


def _style() -> str:
    dark = _colours(DARK)
    return (
        f"text{{font:13px {FONTS}}}.title{{font-size:16px;font-weight:600}}.strong{{font-weight:600}}"
        ".small{font-size:11.5px}.halo{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}path{fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}"
        ".dashed{stroke-dasharray:3 4}.thin{stroke-width:1}.thick{stroke-width:2.5}.hollow{stroke-width:2}"
        f"{_colours(LIGHT)}@media(prefers-color-scheme:dark){{{dark}}}"
    )


def _colours(colours: Colours) -> str:
    filled = "".join(f".{name}{{fill:{colour}}}" for name, colour in colours.items())
    filled += f".halo{{stroke:{colours['card']}}}"
    return filled + "".join(f".{name}-line{{stroke:{colour}}}" for name, colour in colours.items())


def _number(length: float) -> str:
    """With a digit after the point at most, and none where it is not needed."""
    return f"{round(length, 1):g}"
