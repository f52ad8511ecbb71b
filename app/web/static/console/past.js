/* Draws the table of a customer's weeks as a chart, with uPlot; the table has every number the chart has.
 *
 * Colours come from the page, so the chart follows light and dark; it is drawn anew when the table or the width changes. */

const section = document.getElementById("past");
const host = section && section.querySelector(".chart");
const HEIGHT = 190;
let chart = null;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const number = (text) => (text === "–" ? null : Number(text.replaceAll(",", "")));

/** The table by columns: the weeks' starts in epoch seconds, then each series by its name. */
function columns() {
  const table = section.querySelector("table");
  const names = [...table.querySelectorAll("th[data-series]")].map((head) => [head.dataset.series, head.textContent]);
  const rows = [...table.querySelectorAll("tbody tr")];
  const found = { times: rows.map((row) => Number(row.dataset.time)), words: Object.fromEntries(names) };
  names.forEach(([name], place) => {
    found[name] = rows.map((row) => number(row.cells[place + 1].textContent));
  });
  return found;
}

function options(words, width) {
  const muted = colour("muted");
  const grid = { stroke: colour("line"), width: 1 };
  const axis = { stroke: muted, grid, ticks: grid, font: "11px system-ui" };
  const dots = { show: true, size: 8 };
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false } },
    legend: { live: false },
    scales: { x: { time: true }, count: { range: (_, __, high) => [0, Math.max(4, high)] }, stars: { range: [0, 5] } },
    axes: [
      { ...axis, values: (_, times) => times.map(month) },
      { ...axis, scale: "count", size: 30, incrs: [1, 2, 5, 10, 20, 50] },
      { ...axis, scale: "stars", side: 1, size: 38, grid: { show: false }, values: (_, stars) => stars.map((n) => `${n}★`) },
    ],
    series: [
      {},
      { label: words.visits, scale: "count", stroke: muted, width: 1.5, fill: `${muted}22`, points: { show: false } },
      { label: words.orders, scale: "count", stroke: colour("leaf"), fill: colour("leaf"), paths: uPlot.paths.bars({ size: [0.6] }), points: { show: false } },
      { label: words.complaints, scale: "count", stroke: colour("clay"), fill: colour("clay"), paths: () => null, points: { ...dots, fill: colour("clay") } },
      { label: words.rating, scale: "stars", stroke: colour("honey"), fill: colour("honey"), paths: () => null, points: { ...dots, fill: colour("honey") } },
    ],
  };
}

const month = (time) =>
  new Date(time * 1000).toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "short" });

function draw() {
  if (chart) chart.destroy();
  const { times, words, visits, orders, complaints, rating } = columns();
  const some = (values) => values.map((value) => value || null); // a point for each week without one would hide the rest
  chart = new uPlot(options(words, host.clientWidth), [times, visits, orders, some(complaints), rating], host);
}

if (host) {
  draw();
  let width = host.clientWidth;
  new ResizeObserver(() => {
    if (host.clientWidth !== width) {
      width = host.clientWidth;
      chart.setSize({ width, height: HEIGHT });
    }
  }).observe(host);
  new MutationObserver(draw).observe(section.querySelector("table").parentElement, { childList: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
