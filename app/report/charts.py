"""The report's plots, as SVG that takes its colours from the page and so follows light and dark.

Each is drawn for the width of a phone; a wider page sets several side by side.
"""

from typing import Any

import altair as alt
import polars as pl
import vl_convert

from risk_model.evaluation.report import Judged

WIDTH, ROW = 190, 27
INK, MUTED, LINE = "var(--ink)", "var(--muted)", "var(--line)"
OURS_COLOUR, OTHER_COLOUR = "var(--leaf)", "var(--honey)"


def differences(test: Judged) -> str:
    """Ours minus each other contender in AUROC with its 95 % interval: right of the line ours is better."""
    rows = [(name, *figures["auroc"]) for name, figures in test.differences.items()]
    table = pl.DataFrame(rows, schema=["name", "difference", "low", "high"], orient="row")
    base = alt.Chart(table).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=8))
    )
    axis = alt.X("low:Q", title="AUROC, ours minus theirs", axis=alt.Axis(tickCount=4, format="+.2~f"))
    zero = alt.Chart(pl.DataFrame({"x": [0.0]})).mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x="x:Q")
    span = base.mark_rule(strokeWidth=2, color=OURS_COLOUR, opacity=0.55).encode(x=axis, x2="high:Q")
    dot = base.mark_circle(size=46, color=OURS_COLOUR, opacity=1).encode(x="difference:Q")
    return _svg((zero + span + dot).properties(width=WIDTH, height=ROW * len(rows)))


def reliability(test: Judged) -> str:
    """Promised risk against the share that left, in ten groups of equally many customers."""
    names = list(test.reliability)
    rows = [(name, *point) for name, points in test.reliability.items() for point in points]
    table = pl.DataFrame(rows, schema=["name", "promised", "left", "customers"], orient="row")
    colour = alt.Color(
        "name:N",
        scale=alt.Scale(domain=names, range=[OURS_COLOUR, OTHER_COLOUR]),
        legend=alt.Legend(title=None, orient="top", symbolOpacity=1),
    )
    percent = alt.Axis(format="%", tickCount=5)
    whole = alt.Scale(domain=[0, 1])
    lines = (
        alt.Chart(table)
        .mark_line(point=alt.OverlayMarkDef(size=42, opacity=1), strokeWidth=1.5)
        .encode(
            x=alt.X("promised:Q", title="risk told", axis=percent, scale=whole),
            y=alt.Y("left:Q", title="share that left", axis=percent, scale=whole),
            color=colour,
        )
    )
    ideal = alt.Chart(pl.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]}))
    diagonal = ideal.mark_line(color=MUTED, strokeDash=[3, 3], strokeWidth=1).encode(x="x:Q", y="y:Q")
    return _svg((diagonal + lines).properties(width=WIDTH + 60, height=WIDTH + 60))


def _svg(chart: Any) -> str:
    styled = (
        chart.configure(background="transparent", font="var(--sans)")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=MUTED,
            gridColor=LINE,
            domainColor=LINE,
            tickColor=LINE,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelLimit=160,
        )
        .configure_legend(labelColor=INK, labelFontSize=12)
    )
    drawn: str = vl_convert.vegalite_to_svg(styled.to_json())
    return drawn
