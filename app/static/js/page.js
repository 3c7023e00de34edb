// What every page has: a mark that scripts run, the first error in focus, selections in tables.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  const bars = () => document.querySelectorAll("[data-selection-bar]");

  function refresh(bar) {
    const scope = bar.closest("form") || document;
    const rows = [...scope.querySelectorAll("[data-select-row]")];
    const ticked = rows.filter((row) => row.checked).length;
    bar.dataset.count = String(ticked);
    const text = bar.querySelector("[data-selection-text]");
    if (text && ticked) text.textContent = ticked === 1 ? bar.dataset.one : bar.dataset.many.replace("{n}", String(ticked));
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
    if (box.matches("[data-select-all], [data-select-row]")) bars().forEach(refresh);
  });
  bars().forEach(refresh);
  document.addEventListener("htmx:afterSwap", () => bars().forEach(refresh));
})();
