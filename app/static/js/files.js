// <input type="file" data-most="bytes" data-too-heavy="…" data-sending="…">: says at once that a file is too heavy, and
// while one is on its way that it is. Without this the server says the first, and the browser shows the second.
(() => {
  "use strict";

  const said = (input, className, text) => {
    const id = `${input.id}-${className}`;
    let line = document.getElementById(id);
    if (!line) {
      line = document.createElement("p");
      line.id = id;
      line.className = className;
      line.setAttribute("role", className === "field-error" ? "alert" : "status");
      input.after(line);
    }
    line.textContent = text;
    line.hidden = !text;
  };

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("input[type=file][data-most]")) return;
    const heavy = Boolean(input.files.length) && input.files[0].size > Number(input.dataset.most);
    said(input, "field-error", heavy ? input.dataset.tooHeavy : "");
    if (heavy) input.value = "";
  });

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.target.querySelectorAll("input[type=file][data-sending]").forEach((input) => {
      if (input.files.length) said(input, "field-hint", input.dataset.sending);
    });
  });

  window.addEventListener("pageshow", () => {
    document.querySelectorAll("input[type=file][data-sending]").forEach((input) => said(input, "field-hint", ""));
  });
})();
