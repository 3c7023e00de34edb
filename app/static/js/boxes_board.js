// The planning board: a loan's bar is taken in hand with the mouse, by Space or by a finger that rests on it, and put onto
// another box or on other days.
// Nothing changes here: the server says in words what would change, and does it when somebody says yes.
// Of each row, data-uses holds [first, last, from, to, name, reference, moves]: half-days by number, with buffers and without.
(() => {
  "use strict";
  const scroll = document.querySelector("[data-board]");
  const status = document.querySelector("[data-board-says]");
  const dialog = document.querySelector("[data-board-ask]");
  const leaver = document.querySelector("[data-board-leave]");
  if (!scroll || !status || !dialog || !leaver) return;
  const words = JSON.parse(document.querySelector("[data-board-words]").textContent);
  const heads = [...scroll.querySelectorAll("th[data-n]")];
  const numbers = heads.map((head) => Number(head.dataset.n));
  const lines = [...scroll.querySelectorAll("tr[data-box]")];
  const FIRST_DAY = 719163; // 1 January 1970 among the days that the server counts
  let hand = null; // { bar, line, use, start, length, target, at, by, ghost }
  let pressed = null; // { bar, x, y, head, by, moved, place }: what a mouse's button or a finger is on
  let dropped = false;

  document.querySelectorAll("[data-board-help]").forEach((help) => { help.hidden = false; });
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const usesOf = (line) => JSON.parse(line.dataset.uses);
  const say = (text) => { status.textContent = text; };

  function take(bar, by) {
    const line = bar.closest("tr");
    const use = usesOf(line).find((one) => one[5] === bar.dataset.move && String(one[2]) === bar.dataset.from);
    const start = Math.max(0, numbers.findIndex((number) => number >= use[2]));
    const length = numbers.filter((number) => number >= use[2] && number <= use[3]).length;
    const ghost = document.createElement("div");
    ghost.className = "bar-use bar-loan bar-ghost";
    ghost.setAttribute("aria-hidden", "true");
    ghost.textContent = use[4];
    scroll.append(ghost);
    bar.classList.add("bar-lifted");
    status.classList.add("is-seen");
    hand = { bar, line, use, start, length, target: line, at: start, by, ghost };
    show();
    if (by === "keys") say(fill(words.taken, { name: use[4], box: line.dataset.code, first: heads[start].dataset.name }));
  }

  function fixed() {
    say(words.fixed);
    status.classList.add("is-seen");
    window.setTimeout(() => status.classList.toggle("is-seen", hand !== null), 6000);
  }

  function leave(text) {
    if (!hand) return;
    hand.ghost.remove();
    hand.bar.classList.remove("bar-lifted");
    status.classList.remove("is-seen");
    leaver.hidden = true;
    mark(null);
    hand = null;
    say(text || "");
  }

  // What a box would mean for the loan in hand: where it was, free, an exchange, taken, or of another scenario.
  function judge(line) {
    if (line === hand.line) return ["own", {}];
    if (line.dataset.scenario !== hand.line.dataset.scenario) return ["other", { scenario: hand.line.dataset.scenario }];
    const [first, last] = hand.use;
    const ways = usesOf(line).filter((one) => one[0] <= last && first <= one[1]);
    if (!ways.length) return ["box", {}];
    const kind = ways.length === 1 && ways[0][6] && ways[0][5] !== hand.use[5] ? "exchange" : "busy";
    return [kind, { name: ways.map((one) => one[4]).join(", ") }];
  }

  function mark(line, kind) {
    lines.forEach((one) => one.classList.remove("row-box", "row-exchange", "row-busy", "row-other"));
    if (line && kind !== "own") line.classList.add(`row-${kind}`);
  }

  function show() {
    const around = scroll.getBoundingClientRect();
    const begin = heads[hand.at].getBoundingClientRect();
    const end = heads[Math.min(hand.at + hand.length, heads.length) - 1].getBoundingClientRect();
    const row = hand.target.getBoundingClientRect();
    hand.ghost.style.left = `${begin.left - around.left + scroll.scrollLeft + 1}px`;
    hand.ghost.style.width = `${end.right - begin.left - 2}px`;
    hand.ghost.style.top = `${row.top - around.top + scroll.scrollTop + (row.height - hand.ghost.offsetHeight) / 2}px`;
    const [kind, values] = judge(hand.target);
    mark(hand.target, kind);
    let text = fill(words.own, { box: hand.line.dataset.code });
    if (kind !== "own") text = fill(words[kind], { box: hand.target.dataset.code, ...values });
    else if (hand.at !== hand.start) text = fill(words.dates, { first: heads[hand.at].dataset.name });
    if (status.textContent !== text) say(text); // said once, however long a finger stays
  }

  // A number of half-days as its day and its half, as the server reads them.
  function dayOf(number) {
    const day = new Date((Math.floor(number / 2) - FIRST_DAY) * 86400000);
    return { day: day.toISOString().slice(0, 10), half: number % 2 ? "pm" : "am" };
  }

  function drop() {
    const params = { loan: hand.use[5], has: hand.line.dataset.code, back: scroll.dataset.back };
    if (hand.target !== hand.line) params.box = hand.target.dataset.box;
    else if (hand.at !== hand.start) Object.assign(params, dayOf(hand.use[2] + numbers[hand.at] - numbers[hand.start]));
    else return leave(words.left);
    return ask(`/manage/boxes/move?${new URLSearchParams(params)}`);
  }

  async function ask(url) {
    const asked = hand;
    asked.asking = true;
    say(words.asking);
    let question = null;
    try {
      const answer = await fetch(url);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      question = answer.ok && page.querySelector("[data-move-question]");
    } catch (_error) {
      question = null;
    }
    if (!question) {
      window.location.assign(url);
      return;
    }
    dialog.replaceChildren(document.adoptNode(question));
    // The browser tells of the close a moment after the question has gone: another bar, or this one again, may be in hand by then.
    const left = () => { if (hand === asked) leave(words.left); };
    dialog.addEventListener("cancel", left, { once: true });
    dialog.addEventListener("close", () => {
      dialog.removeEventListener("cancel", left);
      left();
      if (!hand) asked.bar.focus();
    }, { once: true });
    dialog.showModal();
    dialog.querySelector("h2").focus();
    say("");
  }

  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-move-leave]")) return;
    event.preventDefault();
    dialog.dispatchEvent(new Event("cancel"));
    dialog.close();
  });

  leaver.addEventListener("click", () => { if (!dropped) leave(words.left); });

  // --- Mouse, and a finger -------------------------------------------------------------------------------------------

  // A finger scrolls, unless it rests on a bar before it moves: then it has the bar in hand, and drags it. Lifted where it was,
  // it leaves the bar in hand, as `leaver` shows: the next touch of a box or a half-day puts it there.
  const REST = 400; // milliseconds; before the browser opens its own menu
  const FAR = { mouse: 6, touch: 10 }; // pixels that are no tremble
  let resting = 0;

  const inside = (list, place, from, to) => list.find((one) => {
    const box = one.getBoundingClientRect();
    return place >= box[from] && place < box[to];
  });

  function forget() {
    window.clearTimeout(resting);
    pressed = null;
  }

  scroll.addEventListener("dragstart", (event) => event.preventDefault());
  document.addEventListener("pointerdown", () => { dropped = false; }, true);
  scroll.addEventListener("pointerdown", (event) => {
    forget();
    const bar = event.target.closest("[data-move]");
    if (!bar || event.button || !event.isPrimary || (hand && (hand.by !== "touch" || hand.bar !== bar))) return;
    const by = event.pointerType === "mouse" ? "mouse" : "touch";
    pressed = { bar, x: event.clientX, y: event.clientY, head: inside(heads, event.clientX, "left", "right"), by };
    if (by === "touch" && !hand) resting = window.setTimeout(held, REST);
  });

  function held() {
    if (!hand) take(pressed.bar, "touch");
    hand.target = hand.line;
    hand.at = hand.start;
    show();
    say(fill(words.held, { name: hand.use[4], box: hand.line.dataset.code }));
  }

  document.addEventListener("pointermove", (event) => {
    if (!pressed || !event.isPrimary || (hand && (hand.by === "keys" || hand.asking))) return;
    if (!pressed.moved) {
      if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < FAR[pressed.by]) return;
      if (!hand && pressed.by === "touch") return forget(); // it scrolls
      pressed.moved = true;
      if (!hand) take(pressed.bar, "mouse");
      if (pressed.by === "touch") window.requestAnimationFrame(nudge);
    }
    pressed.place = { x: event.clientX, y: event.clientY };
    follow(pressed.place);
  });

  // At which edges a place is: what lies behind them is scrolled to.
  function edges({ x, y }) {
    const [begin, end] = [lines[0].cells[0].getBoundingClientRect().right + 12, scroll.getBoundingClientRect().right - 24];
    return [Number(x > end) - Number(x < begin), Number(y > window.innerHeight - 96) - Number(y < 64)];
  }

  function follow({ x, y }) {
    scroll.scrollBy(16 * edges({ x, y })[0], 0);
    hand.target = inside(lines, y, "top", "bottom") || hand.target;
    const head = inside(heads, x, "left", "right");
    const steps = head && pressed.head ? heads.indexOf(head) - heads.indexOf(pressed.head) : 0;
    hand.at = hand.target === hand.line ? Math.min(Math.max(hand.start + steps, 0), heads.length - 1) : hand.start;
    show();
  }

  // A finger that waits at an edge goes on scrolling; a mouse has its wheel.
  function nudge() {
    if (!pressed || !hand || hand.asking) return;
    const [side, end] = edges(pressed.place);
    window.scrollBy(0, 8 * end);
    if (side || end) follow(pressed.place);
    window.requestAnimationFrame(nudge);
  }

  // Lifted where it was: the bar stays in hand. The browser may make a click of it, on whatever is there by then.
  function rest() {
    leaver.hidden = false;
    dropped = true;
    held();
  }

  document.addEventListener("pointerup", (event) => {
    if (!event.isPrimary) return;
    const was = pressed;
    forget();
    if (!was || !hand || hand.by === "keys" || hand.asking) return;
    dropped = true;
    if (was.moved) drop();
    else if (leaver.hidden) rest();
    else leave(words.left); // touched again where it is
  });
  document.addEventListener("pointercancel", (event) => {
    if (!event.isPrimary) return;
    forget();
    if (!hand || hand.by === "keys" || hand.asking) return;
    if (hand.by === "mouse") leave(words.left);
    else rest();
  });
  scroll.addEventListener("touchmove", (event) => {
    if (pressed && hand && event.cancelable) event.preventDefault(); // what drags does not scroll
  }, { passive: false });
  scroll.addEventListener("contextmenu", (event) => {
    if ((pressed && pressed.by === "touch") || (hand && hand.by === "touch")) event.preventDefault();
  });

  scroll.addEventListener("click", (event) => {
    const touched = hand && hand.by === "touch";
    if (dropped || touched) event.preventDefault(); // a drag ends with a click
    if (dropped || !touched || hand.asking) return;
    const line = event.target.closest("tr[data-box]");
    if (!line) return;
    const head = event.target.closest("th") ? null : inside(heads, event.clientX, "left", "right");
    hand.target = line;
    hand.at = line === hand.line && head ? heads.indexOf(head) : hand.start;
    show();
    drop();
  }, true);
  document.addEventListener("click", (event) => {
    if (hand && hand.by === "touch" && !hand.asking && !dropped && !scroll.contains(event.target)) leave(words.left);
  });

  // --- Keyboard ------------------------------------------------------------------------------------------------------

  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  function step(rows, columns) {
    if (rows) {
      const alike = lines.filter((line) => line.dataset.scenario === hand.line.dataset.scenario);
      const next = alike[alike.indexOf(hand.target) + rows];
      if (!next) return say(words.edge);
      hand.target = next;
      hand.at = hand.start;
    } else {
      const at = hand.target === hand.line ? hand.at + columns : hand.start + columns;
      if (!heads[at]) return say(words.edge);
      hand.target = hand.line;
      hand.at = at;
    }
    show();
    return hand.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  scroll.addEventListener("keydown", (event) => {
    const bar = event.target.closest("a[data-from]");
    dropped = false;
    if (!hand && bar && event.key === " ") {
      event.preventDefault();
      if (bar.dataset.move) take(bar, "keys");
      else fixed();
    } else if (hand && hand.by === "keys" && !hand.asking) {
      if (STEPS[event.key]) step(...STEPS[event.key]);
      else if (event.key === "Enter") drop();
      else return;
      event.preventDefault();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !hand || hand.asking) return;
    forget();
    leave(words.left);
  });
  scroll.addEventListener("focusout", () => { if (hand && hand.by === "keys" && !hand.asking) leave(words.left); });
})();
