"""The chart of the benchmark is SVG that every browser reads."""

from xml.etree import ElementTree

from bench.chart import Group, draw_chart

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*groups: Group) -> ElementTree.Element:
    return ElementTree.fromstring(draw_chart("Rates & more", "a < b", ("bare", "old", "new"), groups))  # noqa: S314 - our own text


def bars(svg: ElementTree.Element) -> list[float]:
    return [float(bar.attrib["width"]) for bar in svg.iter(f"{SVG}rect")][3:]  # the legend comes first


class TestAChart:
    def test_is_well_formed_whatever_its_texts_hold(self) -> None:
        svg = drawn(Group('<"&>', (1, 2, 3)))

        assert svg.tag == f"{SVG}svg"
        assert svg.findtext(f"{SVG}title") == "Rates & more"
        assert '<"&>' in [text.text for text in svg.iter(f"{SVG}text")]

    def test_scales_the_bars_of_each_group_to_its_longest(self) -> None:
        widths = bars(drawn(Group("many", (1_000, 500, 250)), Group("few", (2, 1, 4))))

        assert widths[0] == widths[5] > 0
        assert widths[1] == widths[3] == widths[0] / 2
        assert widths[2] == widths[4] == widths[0] / 4

    def test_has_no_bar_for_what_was_not_measured(self) -> None:
        assert bars(drawn(Group("none", (None, None, None)))) == []
        assert bars(drawn(Group("zero", (None, 0, None)))) == [0]

    def test_keeps_the_colour_of_each_series(self) -> None:
        *_, bar = drawn(Group("last", (None, None, 1))).iter(f"{SVG}rect")

        assert bar.attrib["class"] == "bar-2"

    def test_is_high_enough_for_all_groups(self) -> None:
        svg = drawn(*(Group(str(number), (1, 2, 3)) for number in range(20)))

        lowest = max(float(bar.attrib["y"]) + float(bar.attrib["height"]) for bar in svg.iter(f"{SVG}rect"))
        assert lowest < float(svg.attrib["height"])
