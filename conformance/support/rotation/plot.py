"""The timeline of a run as SVG: a lane for each key, what changed when, and how the load fared."""

from html import escape

WIDTH, LEFT, RIGHT, TOP = 1000, 130, 20, 74
LANE, BAR, CHART, GAP = 24, 14, 90, 34
COLOURS = {"published": "#c9d8ee", "signs": "#2f6db3", "retired": "#a9adb5", "revoked": "#d9731a", "failure": "#d01c1c"}
MARKS = {"schedule": "#7a8490", "order": "#2a8a4a", "compromise": "#d9731a"}
WORDS = {"schedule": "rotation by schedule", "order": "rotation by order", "compromise": "compromise"}
INK = "#222"


class Canvas:
    """Elements of a picture whose x axis is time."""

    def __init__(self, seconds, height):
        self._scale, self._seconds, self.height = (WIDTH - LEFT - RIGHT) / seconds, seconds, height
        self._parts = []

    def x(self, second):
        return LEFT + min(max(second, 0), self._seconds) * self._scale

    def text(self, x, y, words, anchor="start", size=11, fill=INK):
        place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}"'
        self._parts.append(f"<text {place}>{escape(words)}</text>")

    def box(self, x, y, width, height, fill, title=""):
        inner = f"<title>{escape(title)}</title>" if title else ""
        size = f'width="{max(width, 0):.1f}" height="{height:.1f}"'
        self._parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{fill}">{inner}</rect>')

    def span(self, begin, end, y, fill, title):
        if end > begin:
            self.box(self.x(begin), y, self.x(end) - self.x(begin), BAR, fill, title)

    def line(self, x1, y1, x2, y2, stroke, dash=""):
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        self._parts.append(f'<line {ends} stroke="{stroke}"{dashed}/>')

    def svg(self, title):
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" font-family="sans-serif">'
        ground = f'<rect width="{WIDTH}" height="{self.height}" fill="#fff"/>'
        return "\n".join([head, f"<title>{escape(title)}</title>", ground, *self._parts, "</svg>"]) + "\n"


def plot(record):
    """The picture of a record."""
    keys = sorted(record["keys"], key=lambda key: key["signs_from"])
    seconds = len(record["per_second"]["exchanges"])
    chart = TOP + len(keys) * LANE + GAP
    canvas = Canvas(seconds, chart + CHART + 40)
    _head(canvas, record)
    _marks(canvas, record, chart + CHART)
    for number, key in enumerate(keys):
        _lane(canvas, key, TOP + number * LANE, seconds)
    _load(canvas, record, chart)
    _axis(canvas, seconds, chart + CHART)
    return canvas.svg("Rotation under load")


def _head(canvas, record):
    changes = [one["why"] for one in record["rotations"]]
    rotations = len(changes) - changes.count("compromise")
    exchanges, failures = record["exchanges"]["answered"], record["failures"]
    said = f"{exchanges} exchanges, {rotations} rotations, 1 compromise, {failures} failed verifications"
    canvas.text(LEFT, 22, f"Rotation under load: {said}", size=15)
    canvas.text(LEFT - 8, TOP - 6, "key, its tokens", anchor="end")
    x = LEFT
    for name, colour in [*COLOURS.items(), *((WORDS[why], colour) for why, colour in MARKS.items())]:
        mark = name in WORDS.values()
        canvas.box(x + 4 if mark else x, 36, 3 if mark else 12, 12, colour)
        canvas.text(x + 17, 46, name)
        x += 36 + 6 * len(name)


def _marks(canvas, record, bottom):
    for one in record["rotations"]:
        x = canvas.x(one["at"])
        canvas.line(x, TOP - 12, x, bottom, MARKS[one["why"]], "" if one["why"] == "compromise" else "3 3")


def _lane(canvas, key, y, seconds):
    """Published, signs, retired, and the moment in which it was revoked."""
    begin, signs = key["published_from"], min(key["signs_from"], seconds)
    until = seconds if key["signs_until"] is None else key["signs_until"]
    gone = seconds if key["published_until"] is None else key["published_until"]
    canvas.text(LEFT - 8, y + 11, f"{key['kid'][:8]}… {key['signed']}", anchor="end")
    canvas.span(begin, signs, y, COLOURS["published"], f"{key['kid']} is published")
    canvas.span(signs, until, y, COLOURS["signs"], f"{key['kid']} signs: {key['signed']} tokens")
    canvas.span(until, gone, y, COLOURS["retired"], f"{key['kid']} is retired")
    if key["revoked_at"] is not None:
        canvas.box(canvas.x(key["revoked_at"]), y - 3, 5, BAR + 6, COLOURS["revoked"], f"{key['kid']} is revoked")
        canvas.text(canvas.x(key["revoked_at"]) + 10, y + 11, "revoked: out of the key set", fill=COLOURS["revoked"])


def _load(canvas, record, top):
    exchanges, failures = record["per_second"]["exchanges"], record["per_second"]["failures"]
    most = max([*exchanges, *failures, 1])
    width = canvas.x(1) - canvas.x(0) - 1
    for second, (answered, failed) in enumerate(zip(exchanges, failures, strict=True)):
        for count, colour, what in [(answered, "#9fc3a8", "exchanges"), (failed, COLOURS["failure"], "failures")]:
            height = count / most * CHART
            if count:
                canvas.box(canvas.x(second), top + CHART - height, width, height, colour, f"{count} {what}")
    canvas.text(LEFT - 8, top + 10, f"{most}/s", anchor="end")
    canvas.text(LEFT - 8, top + CHART, "0", anchor="end")
    canvas.text(LEFT - 8, top + CHART / 2, "exchanges", anchor="end")
    canvas.text(LEFT - 8, top + CHART / 2 + 14, "failures", anchor="end", fill=COLOURS["failure"])


def _axis(canvas, seconds, y):
    canvas.line(LEFT, y, WIDTH - RIGHT, y, INK)
    step = max(1, seconds // 12)
    for second in range(0, seconds + 1, step):
        canvas.line(canvas.x(second), y, canvas.x(second), y + 4, INK)
        canvas.text(canvas.x(second), y + 17, f"{second} s", anchor="middle")
