// Charts: drawn from the figures on the page; the table beside each says the same to whoever can't see it.

const INK = "#4a5565", LINE = "#dfe3e8";
const COLOURS = ["#1f4e8c", "#b8740d", "#1d6b45", "#8a3ffc", "#a8281e"];

function bars(data) {
  return {
    animation: false,
    color: COLOURS,
    grid: { left: 32, right: 8, top: data.series.length > 1 ? 34 : 14, bottom: 40 },
    legend: data.series.length > 1 ? { type: "scroll", top: 0, right: 0, left: data.kind === "lines" ? 0 : "auto", itemWidth: 12, itemHeight: 12, textStyle: { color: INK } } : undefined,
    tooltip: {
      // Text inside the drawing: markup would need styles that the page's policy forbids.
      renderMode: "richText",
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (points) => [data.names[points[0].dataIndex], ...points.map((p) => `${p.seriesName} ${p.value} ${data.unit}`)].join("\n"),
    },
    xAxis: { type: "category", data: data.months, axisTick: { show: false }, axisLine: { lineStyle: { color: LINE } }, axisLabel: { color: INK } },
    yAxis: { type: "value", minInterval: 1, splitLine: { lineStyle: { color: LINE } }, axisLabel: { color: INK } },
    series: data.series.map((s) => ({ type: "bar", name: s.name, data: s.values, barMaxWidth: 26, cursor: s.links ? "pointer" : "default" })),
  };
}

function lines(data) {
  return {
    ...bars(data),
    yAxis: { type: "value", min: data.low ?? 0, max: data.high, splitLine: { lineStyle: { color: LINE } }, axisLabel: { color: INK } },
    series: data.series.map((s) => ({ type: "line", name: s.name, data: s.values, connectNulls: false, symbolSize: 7 })),
  };
}

for (const place of document.querySelectorAll("[data-chart]")) {
  const data = JSON.parse(place.dataset.chart);
  const chart = window.echarts.init(place, null, { renderer: "canvas" });
  chart.setOption(data.kind === "lines" ? lines(data) : bars(data));
  chart.on("click", (point) => {
    const link = data.series[point.seriesIndex].links?.[point.dataIndex];
    if (link && point.value) window.location.assign(link);
  });
  new ResizeObserver(() => chart.resize()).observe(place);
}
