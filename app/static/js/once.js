// <form data-once>: a second press within a few seconds, while the first is on its way, sends nothing more.
(() => {
  "use strict";
  const PAUSE = 5000;

  document.querySelectorAll("form[data-once]").forEach((form) => {
    let sent = 0;
    form.addEventListener("submit", (event) => {
      if (Date.now() - sent < PAUSE) event.preventDefault();
      else sent = Date.now();
    });
    window.addEventListener("pageshow", () => { sent = 0; });
  });
})();
