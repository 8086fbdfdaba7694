// Draw every figure[data-pv-chart] with uPlot, in the colours of the theme.
import uPlot from "../vendor/uplot/uPlot.esm.js";

const drawn = new Map();

function colours() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  return { ink: token("--pv-ink-3"), grid: token("--pv-line"), lines: [token("--pv-brand"), token("--pv-accent"), token("--pv-private-text"), token("--pv-good"), token("--pv-info"), token("--pv-ink-3"), token("--pv-bad"), token("--pv-line-strong")] };
}

// Bars stand on each other: the tallest is drawn first, so that every part stays in sight.
function stacked(series) {
  let below = [];
  return series.map((one) => {
    below = one.values.map((value, day) => value + (below[day] ?? 0));
    return { ...one, values: below };
  }).reverse();
}

function draw(figure) {
  const place = figure.querySelector(".pv-chart__canvas");
  const given = JSON.parse(figure.dataset.series);
  const series = figure.dataset.pvChart === "bars" ? stacked(given) : given;
  const look = colours();
  const axis = { stroke: look.ink, grid: { stroke: look.grid, width: 1 }, ticks: { show: false }, font: "12px Inter Variable, sans-serif" };
  const options = {
    width: place.clientWidth,
    height: 224,
    cursor: { points: { size: 7 } },
    legend: { show: series.length > 1, live: false },
    scales: { y: { range: (u, low, high) => [Math.min(0, low), high * 1.1 || 1] } },
    axes: [axis, { ...axis, size: 56, values: (u, values) => values.map((v) => new Intl.NumberFormat(document.documentElement.lang).format(v) + (figure.dataset.unit ? ` ${figure.dataset.unit}` : "")) }],
    series: [{}, ...series.map((one, i) => ({
      label: one.label,
      stroke: look.lines[i % look.lines.length],
      // A bar without a height shows nothing.
      width: figure.dataset.pvChart === "bars" ? 0 : 2,
      fill: figure.dataset.pvChart === "line" && i === 0 ? `${look.lines[0]}22` : undefined,
      paths: figure.dataset.pvChart === "bars" ? uPlot.paths.bars({ size: [0.6, 40], radius: 0.15 }) : uPlot.paths.spline(),
      points: { show: false },
    }))],
  };
  if (figure.dataset.pvChart === "bars") options.series.slice(1).forEach((one) => { one.fill = one.stroke; });
  drawn.get(figure)?.destroy();
  place.replaceChildren();
  drawn.set(figure, new uPlot(options, [JSON.parse(figure.dataset.x), ...series.map((one) => one.values)], place));
}

const figures = document.querySelectorAll("figure[data-pv-chart]");
const widths = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) drawn.get(target.parentElement)?.setSize({ width: contentRect.width, height: 224 });
});
for (const figure of figures) {
  draw(figure);
  widths.observe(figure.querySelector(".pv-chart__canvas"));
}
document.addEventListener("pv:scheme", () => figures.forEach(draw));
