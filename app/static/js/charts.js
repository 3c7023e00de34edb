// Draws <canvas data-chart="{labels, series, stacked, target, horizontal}"> in the colours of the tokens.
(() => {
  "use strict";
  if (!window.Chart) return;

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function hatch(line, back) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.fillStyle = back;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = line;
    pen.lineWidth = 1.2;
    pen.beginPath();
    pen.moveTo(-2, 10); pen.lineTo(10, -2);
    pen.moveTo(-2, 2); pen.lineTo(2, -2);
    pen.moveTo(6, 10); pen.lineTo(10, 6);
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  }

  // Dashes are drawn by hand: the columns of a chart have none.
  const dashes = {
    id: "dashes",
    afterDatasetsDraw(chart) {
      const pen = chart.ctx;
      chart.data.datasets.forEach((set, index) => {
        if (set.look !== "dashed" || !chart.isDatasetVisible(index)) return;
        chart.getDatasetMeta(index).data.forEach((column, at) => {
          if (!set.data[at]) return;
          const { x, y, base, width, height, horizontal } = column.getProps(["x", "y", "base", "width", "height", "horizontal"], true);
          pen.save();
          pen.setLineDash([4, 3]);
          pen.lineWidth = 1.5;
          pen.strokeStyle = token("--muted");
          if (horizontal) pen.strokeRect(base, y - height / 2, x - base, height);
          else pen.strokeRect(x - width / 2, y, width, base - y);
          pen.restore();
        });
      });
    },
  };

  const figures = {
    id: "figures",
    afterDatasetsDraw(chart) {
      const pen = chart.ctx;
      const horizontal = chart.options.indexAxis === "y";
      const stacked = chart.options.scales.x.stacked;
      const last = chart.data.datasets.length - 1;
      pen.save();
      pen.textAlign = "center";
      const totals = chart.data.labels.map((_, at) => chart.data.datasets.reduce((sum, set) => sum + (set.data[at] || 0), 0));
      chart.data.datasets.forEach((set, index) => {
        chart.getDatasetMeta(index).data.forEach((column, at) => {
          const value = set.data[at];
          if (!value) return;
          const { x, y, base } = column.getProps(["x", "y", "base"], true);
          const inside = set.look === "solid" && Math.abs(horizontal ? x - base : base - y) > 26;
          if (stacked && !inside) return;
          pen.font = `${inside ? 720 : 400} 14px ${Chart.defaults.font.family}`;
          pen.fillStyle = inside ? "#fff" : token("--ink");
          if (horizontal) pen.fillText(value, inside ? x - 16 : x + 16, y + 5);
          else {
            const target = chart.options.plugins.goal.value;
            const line = target === null || target === undefined ? -100 : chart.scales.y.getPixelForValue(target);
            const text = inside ? y + 18 : y - 6;
            pen.fillText(value, x, Math.abs(line - text + 5) < 12 ? line + (inside ? 20 : -8) : text);
          }
        });
      });
      if (stacked && !horizontal) {
        pen.font = `400 14px ${Chart.defaults.font.family}`;
        pen.fillStyle = token("--ink");
        totals.forEach((total, at) => {
          if (!total) return;
          const tops = chart.data.datasets.map((set, index) => chart.getDatasetMeta(index).data[at].getProps(["y"], true).y);
          if (chart.data.datasets.filter((set) => set.data[at]).length > 1 || chart.data.datasets[0].data[at] !== total || last === 0) {
            pen.fillText(total, chart.getDatasetMeta(0).data[at].x, Math.min(...tops) - 6);
          }
        });
      }
      pen.restore();
    },
  };

  const goal = {
    id: "goal",
    afterDatasetsDraw(chart) {
      const { value } = chart.options.plugins.goal || {};
      if (value === null || value === undefined) return;
      const pen = chart.ctx;
      const { left, right, top, bottom } = chart.chartArea;
      pen.save();
      pen.strokeStyle = token("--ink");
      pen.lineWidth = 2.5;
      pen.beginPath();
      if (chart.options.indexAxis === "y") {
        const x = chart.scales.x.getPixelForValue(value);
        pen.moveTo(x, top); pen.lineTo(x, bottom);
      } else {
        const y = chart.scales.y.getPixelForValue(value);
        pen.moveTo(left, y); pen.lineTo(right, y);
      }
      pen.stroke();
      pen.restore();
    },
  };

  function looks() {
    const brand = token("--brand");
    const line = token("--control-line");
    return {
      solid: { backgroundColor: brand, borderColor: brand, borderWidth: 0 },
      accent: { backgroundColor: token("--accent"), borderColor: token("--ink"), borderWidth: 1 },
      soft: { backgroundColor: token("--heat-2"), borderColor: brand, borderWidth: 1 },
      hatched: { backgroundColor: hatch(line, token("--surface")), borderColor: line, borderWidth: 1 },
      dashed: { backgroundColor: token("--surface"), borderWidth: 0 },
    };
  }

  function draw(canvas) {
    if (Chart.getChart(canvas)) return;
    const asked = JSON.parse(canvas.dataset.chart);
    const figure = canvas.closest("[data-chart-figure]");
    const table = figure && figure.querySelector("table");
    if (figure) figure.classList.add("is-drawn");
    const look = looks();
    const values = asked.horizontal ? "x" : "y";
    const names = asked.horizontal ? "y" : "x";
    const aligned = window.matchMedia("(min-width: 48rem)").matches && !asked.horizontal;
    const largest = Math.max(asked.target || 0, ...asked.labels.map((_, at) => {
      const column = asked.series.map((set) => set.values[at] || 0);
      return asked.stacked ? column.reduce((sum, one) => sum + one, 0) : Math.max(...column);
    }));
    if (asked.horizontal) canvas.parentElement.classList.add("is-horizontal");
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    new Chart(canvas, {
      type: "bar",
      data: {
        labels: asked.labels,
        datasets: asked.series.map((set) => ({
          label: set.name, data: set.values, look: set.style || "solid", borderSkipped: false,
          barPercentage: 0.82, categoryPercentage: 0.8, maxBarThickness: 64, ...look[set.style || "solid"],
        })),
      },
      options: {
        indexAxis: asked.horizontal ? "y" : "x",
        responsive: true, maintainAspectRatio: false, animation: false, events: [],
        layout: { padding: { top: 22 } },
        plugins: { legend: { display: false }, tooltip: { enabled: false }, goal: { value: asked.target } },
        scales: {
          [names]: {
            stacked: asked.stacked, grid: { display: false }, border: { color: token("--line") },
            ticks: { display: asked.horizontal || !aligned, color: token("--ink"), font: { size: 13 }, autoSkip: false, maxRotation: 60 },
          },
          [values]: {
            stacked: asked.stacked, beginAtZero: true, suggestedMax: largest, border: { display: false, dash: [3, 3] },
            grid: { color: token("--line") }, ticks: { color: token("--muted"), font: { size: 13 }, maxTicksLimit: 6, precision: 0 },
            afterFit(scale) {
              const head = aligned && table && table.querySelector("thead tr > :first-child");
              if (head) scale.width = head.getBoundingClientRect().width;
            },
          },
        },
      },
      plugins: [dashes, goal, figures],
    });
  }

  const drawAll = () => document.querySelectorAll("canvas[data-chart]").forEach(draw);
  document.fonts.ready.then(drawAll);
  document.addEventListener("htmx:load", drawAll);
})();
