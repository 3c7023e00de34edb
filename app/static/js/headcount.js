// Minus and plus around a number input ([data-headcount]); each change fires "input" and "change" as typing would.
(() => {
  "use strict";

  const limit = (text, fallback) => (text === "" ? fallback : Number(text));

  function refresh(box) {
    const input = box.querySelector("input");
    const value = Number(input.value || 0);
    box.querySelectorAll("[data-step]").forEach((button) => {
      const edge = Number(button.dataset.step) < 0 ? value <= limit(input.min, -Infinity) : value >= limit(input.max, Infinity);
      button.disabled = edge;
    });
  }

  function start(box) {
    if (box.classList.contains("is-live")) return;
    box.classList.add("is-live");
    const input = box.querySelector("input");
    box.querySelectorAll("[data-step]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        const next = Number(input.value || 0) + Number(button.dataset.step);
        input.value = String(Math.min(Math.max(next, limit(input.min, -Infinity)), limit(input.max, Infinity)));
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new Event("change", { bubbles: true }));
        refresh(box);
      });
    });
    input.addEventListener("input", () => refresh(box));
    refresh(box);
  }

  const startAll = () => document.querySelectorAll("[data-headcount]").forEach(start);
  startAll();
  document.addEventListener("htmx:load", startAll);
})();
