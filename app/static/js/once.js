// Every form that is posted: pressing a second time within a few seconds, with the same in it, sends nothing more.
// Forms whose submission another script has taken over (hx-…, the door's) are theirs.
(() => {
  "use strict";
  const PAUSE = 5000;
  const sent = new WeakMap();

  const said = (form, submitter) =>
    [...new FormData(form, submitter)].map(([name, value]) => `${name}=${value.name || value}`).join("\n");

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    const now = { at: Date.now(), what: said(form, event.submitter) };
    const before = sent.get(form);
    if (before && before.what === now.what && now.at - before.at < PAUSE) event.preventDefault();
    else sent.set(form, now);
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form").forEach((form) => sent.delete(form));
  });
})();
