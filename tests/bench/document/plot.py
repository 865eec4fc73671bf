"""Plots as SVG: lines over two logarithmic axes."""
from xml.sax.saxutils import escape
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 400, 80, 240, 40, 50
COLOURS = ['#1b6ca8', '#c8553d', '#3c8d5a', '#8e5ea2', '#b8860b', '#555555']


class Axis:
    """A logarithmic one, from below the least value to above the largest."""

    def __init__(self, values, start, end):
        low, high = min(values), max(values)
        self.low, self.span = math.log(low), max(math.log(high / low), 1e-9)
        self.start, self.end = start, end

    def at(self, value):
        return self.start + (math.log(value) - self.low) / self.span * (self.end - self.start)


def ticks(values, base):
    """Powers of the base in the range, at most eight of them."""
    first, last = (round(function(math.log(value, base) + shift)) for function, shift, value in (
        (math.ceil, -1e-9, min(values)), (math.floor, 1e-9, max(values))))
    step = max(1, -(-(last - first + 1) // 8))
    return [base ** power for power in range(first, last + 1, step)]


def number(value):
    return f'{value:,.0f}' if value >= 1 else f'{value:g}'


def text(x, y, words, anchor='middle', extra=''):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'


def grid(across, up, xs, ys):
    lines = []
    for value in ticks(xs, 2):
        x = across.at(value)
        lines += [f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" class="grid"/>',
                  text(x, HEIGHT - BOTTOM + 16, number(value))]
    for value in ticks(ys, 10):
        y = up.at(value)
        lines += [f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" class="grid"/>',
                  text(LEFT - 6, y + 4, number(value), 'end')]
    return lines


def plot(title, across_label, up_label, curves):
    """The text of an SVG file. `curves` are points (x, y) by name."""
    xs = [x for points in curves.values() for x, _ in points]
    ys = [y for points in curves.values() for _, y in points]
    bounds = [10 ** math.floor(math.log10(min(ys))), 10 ** math.ceil(math.log10(max(ys)))]
    across, up = Axis(xs, LEFT, WIDTH - RIGHT), Axis(bounds, HEIGHT - BOTTOM, TOP)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             f'width="{WIDTH}" height="{HEIGHT}">',
             '<style>text{font:12px sans-serif;fill:#222}.grid{stroke:#ddd}'
             '.line{fill:none;stroke-width:1.8}</style>',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             text(LEFT, 22, title, 'start', ' font-weight="bold"')]
    lines += grid(across, up, xs, bounds)
    lines += [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, across_label),
              text(16, HEIGHT / 2, up_label, extra=f' transform="rotate(-90 16 {HEIGHT / 2})"')]
    for place, (name, points) in enumerate(curves.items()):
        colour = COLOURS[place % len(COLOURS)]
        path = ' '.join(f'{across.at(x):.1f},{up.at(y):.1f}' for x, y in sorted(points))
        y = TOP + 14 + 18 * place
        lines += [f'<polyline class="line" stroke="{colour}" points="{path}"/>',
                  f'<path d="M{WIDTH - RIGHT + 10} {y - 4}h18" stroke="{colour}" '
                  'stroke-width="2"/>', text(WIDTH - RIGHT + 32, y, name, 'start')]
        lines += [f'<circle cx="{across.at(x):.1f}" cy="{up.at(value):.1f}" r="2" '
                  f'fill="{colour}"/>' for x, value in points]
    return '\n'.join([*lines, '</svg>', ''])
