// The list of registrations by keyboard: j and k move, Enter opens (it is a link), x ticks the row. / is the palette's.
(() => {
  "use strict";
  const links = () => [...document.querySelectorAll("[data-list-keys] .row-link")];
  const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

  function move(step) {
    const all = links();
    const row = document.activeElement && document.activeElement.closest("tr");
    const at = all.findIndex((link) => link.closest("tr") === row);
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
    if (next) next.focus();
  }

  function tick() {
    const row = document.activeElement && document.activeElement.closest("[data-list-keys] tr");
    const box = row && row.querySelector("[data-select-row]");
    if (box) box.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (document.documentElement.dataset.singleKeys === "off") return;
    const key = event.key.toLowerCase();
    if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "x") tick();
    else return;
    event.preventDefault();
  });

  // The number beside a filter's name follows its boxes; where « more filters » leads follows the form.
  const form = document.getElementById("list-filters");
  if (!form) return;
  form.addEventListener("change", (event) => {
    const menu = event.target.closest(".filter");
    if (menu) {
      const ticked = menu.querySelectorAll(".filter-panel :checked").length;
      const summary = menu.querySelector("summary");
      let count = summary.querySelector("b");
      if (!count) { count = document.createElement("b"); summary.querySelector("span").after(count); }
      count.textContent = ticked || "";
      menu.classList.toggle("is-set", ticked > 0);
    }
    const more = form.querySelector("[data-more-filters]");
    const args = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    if (more) more.search = args.toString();
  });
})();
