// The search of the desk (Ctrl+K) and the sheet of shortcuts (?). Options come from the server; arrows move among them.
// Shortcuts of one key can be turned off (WCAG 2.1.4); the choice is kept on this device.
(() => {
  "use strict";
  const palette = document.getElementById("palette");
  const sheet = document.getElementById("shortcuts");
  if (!palette || !palette.showModal) return;
  const input = palette.querySelector("[role=combobox]");
  const results = document.getElementById("palette-results");
  const KEPT = "parcours.single-keys";

  const options = () => [...results.querySelectorAll("[role=option]")];
  const chosen = () => results.querySelector("[aria-selected=true]");

  function choose(option) {
    options().forEach((other) => other.setAttribute("aria-selected", String(other === option)));
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function move(step) {
    const all = options();
    if (!all.length) return;
    const at = all.indexOf(chosen());
    choose(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
  }

  function open() {
    if (palette.open) { palette.close(); return; }
    if (sheet && sheet.open) sheet.close();
    palette.showModal();
    input.select();
    input.dispatchEvent(new Event("palette-open"));
  }

  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      chosen().click();
    } else if (event.key === "Escape") {
      event.preventDefault(); // a search field would only be emptied
      palette.close();
    }
  });
  results.addEventListener("htmx:afterSwap", () => {
    input.setAttribute("aria-expanded", String(options().length > 0));
    choose(input.value.trim() ? options()[0] : null);
  });
  [palette, sheet].forEach((box) => {
    if (!box) return;
    box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
    box.querySelectorAll("[data-palette-close], [data-sheet-close]").forEach((button) => {
      button.addEventListener("click", () => box.close());
    });
  });

  const singleKeys = () => {
    try { return window.localStorage.getItem(KEPT) !== "off"; } catch (error) { return true; }
  };
  document.querySelectorAll("[data-single-keys]").forEach((line) => {
    const box = line.querySelector("input");
    line.hidden = false;
    box.checked = singleKeys();
    box.addEventListener("change", () => {
      try { window.localStorage.setItem(KEPT, box.checked ? "on" : "off"); } catch (error) { box.checked = true; }
      document.querySelectorAll("[data-single-keys-box]").forEach((other) => { other.checked = box.checked; });
      document.documentElement.dataset.singleKeys = singleKeys() ? "on" : "off";
    });
  });
  document.documentElement.dataset.singleKeys = singleKeys() ? "on" : "off";

  document.querySelectorAll("[data-palette-open]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", open);
  });
  document.querySelectorAll("[data-sheet-open]").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      link.closest("details[data-menu]")?.removeAttribute("open");
      sheet.showModal();
    });
  });
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    document.querySelectorAll("[data-ctrl]").forEach((key) => { key.textContent = "⌘"; });
  }

  const typing = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing(event.target) || palette.open || !singleKeys()) return;
    if (event.key === "?" && sheet) {
      event.preventDefault();
      if (sheet.open) sheet.close(); else sheet.showModal();
    } else if (event.key === "/" && !(sheet && sheet.open)) {
      event.preventDefault();
      const own = document.querySelector("main [type=search]");
      if (own) own.focus(); else open();
    }
  });
})();
