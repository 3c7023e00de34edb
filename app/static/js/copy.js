// <button type="button" data-copy="text" data-copied="Copied" hidden>: copies, and says so for two seconds.
(() => {
  "use strict";
  if (!navigator.clipboard) return;

  document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.querySelector(".btn-text") || button;
    const before = label.textContent;
    await navigator.clipboard.writeText(button.dataset.copy);
    label.setAttribute("role", "status");
    label.textContent = button.dataset.copied || before;
    window.setTimeout(() => { label.textContent = before; }, 2000);
  });
})();
