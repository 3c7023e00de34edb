// A live page that gets no answer says so until it gets one; a link that was taken away is loaded again, to say that.
(() => {
  "use strict";
  const lost = () => document.querySelector("[data-live-lost]");
  const show = (away) => { const line = lost(); if (line) line.hidden = !away; };

  ["htmx:sendError", "htmx:timeout"].forEach((name) => document.addEventListener(name, () => show(true)));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail && event.detail.xhr ? event.detail.xhr.status : 0;
    if (status === 404 || status === 410) window.location.reload();
    else show(true);
  });
  document.addEventListener("htmx:afterSwap", () => show(false));
})();
