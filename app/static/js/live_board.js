// The live board asks again every few seconds with the tag of what it shows, and renews the parts that changed. What has the focus
// keeps it. Hidden pages rest. A page that gets no answer says so; one whose session ended is loaded again, to say that.
(() => {
  "use strict";
  const board = document.querySelector("[data-board]");
  if (!board) return;
  const every = Number(board.dataset.every);
  const lost = document.querySelector("[data-board-lost]");
  const LONGEST = 8000;
  let tag = `"${board.dataset.tag}"`;
  let timer = 0;
  let asking = false;

  const parts = (root) => new Map([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));

  const mark = (element) => (element && board.contains(element)
    ? { selector: element.getAttribute("href") ? "a" : "button", text: element.getAttribute("href") || element.value } : null);

  const focusAgain = (was) => {
    if (!was || (document.activeElement && document.activeElement !== document.body)) return;
    const found = [...board.querySelectorAll(was.selector)].find((e) => (e.getAttribute("href") || e.value) === was.text);
    if (found) found.focus({ preventScroll: true });
  };

  const show = (html) => {
    const made = document.createElement("template");
    made.innerHTML = html;
    const was = mark(document.activeElement);
    const [now, next] = [parts(board), parts(made.content)];
    if ([...now.keys()].join() !== [...next.keys()].join()) board.replaceChildren(made.content);
    else next.forEach((part, name) => { if (part.outerHTML !== now.get(name).outerHTML) now.get(name).replaceWith(part); });
    focusAgain(was);
  };

  const ask = async () => {
    const answer = await fetch(board.dataset.board, {
      headers: { "If-None-Match": tag }, cache: "no-store", credentials: "same-origin", redirect: "manual",
      signal: AbortSignal.timeout(LONGEST),
    });
    if (answer.type === "opaqueredirect" || [401, 403, 404, 410].includes(answer.status)) {
      window.location.reload();
      return;
    }
    if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
    if (answer.status === 200) {
      show(await answer.text());
      tag = answer.headers.get("ETag");
    }
    lost.hidden = true;
  };

  const look = async () => {
    window.clearTimeout(timer);
    if (asking || document.hidden) return;
    asking = true;
    try { await ask(); } catch { lost.hidden = false; }
    asking = false;
    timer = window.setTimeout(look, every);
  };

  document.addEventListener("visibilitychange", look);
  window.addEventListener("online", look);
  timer = window.setTimeout(look, every);
})();
