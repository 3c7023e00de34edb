// What every page has: a mark that scripts run, the first error in focus, the current tab in view, selections in tables.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  const tab = document.querySelector(".tabs [aria-current]");
  if (tab) {
    const line = tab.closest(".tabs");
    line.scrollLeft = tab.offsetLeft - line.offsetLeft - (line.clientWidth - tab.offsetWidth) / 2;
  }

  const bars = () => document.querySelectorAll("[data-selection-bar]");

  function refresh(bar) {
    const scope = bar.closest("form") || document;
    const rows = [...scope.querySelectorAll("[data-select-row]")];
    const ticked = rows.filter((row) => row.checked).length;
    bar.dataset.count = String(ticked);
    const text = bar.querySelector("[data-selection-text]");
    const whole = bar.querySelector("[data-select-list]:checked");
    const many = whole ? whole.dataset.selectList : String(ticked);
    if (text && (ticked || whole)) text.textContent = many === "1" ? bar.dataset.one : bar.dataset.many.replace("{n}", many);
    scope.querySelectorAll("[data-select-all]").forEach((all) => {
      all.hidden = false;
      all.checked = ticked > 0 && ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
    });
  }

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement)) return;
    if (box.matches("[data-select-all]")) {
      const scope = box.closest("form") || document;
      scope.querySelectorAll("[data-select-row]").forEach((row) => { row.checked = box.checked; });
    }
    if (box.matches("[data-select-all], [data-select-row], [data-select-list]")) bars().forEach(refresh);
  });
  bars().forEach(refresh);
  document.addEventListener("htmx:afterSwap", () => bars().forEach(refresh));

  // What somebody types while an answer is on its way is newer than that answer's field: it stays.
  const typed = new Set();
  document.addEventListener("input", (event) => { if (event.target.id) typed.add(event.target.id); });
  document.addEventListener("htmx:beforeRequest", () => typed.clear());
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (typed.has(event.detail.target.id)) event.detail.shouldSwap = false;
  });
})();
