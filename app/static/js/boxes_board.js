// The planning board: a loan's bar is taken in hand with the mouse or by Space, and put onto another box or on other days.
// Nothing changes here: the server says in words what would change, and does it when somebody says yes.
// Of each row, data-uses holds [first, last, from, to, name, reference, moves]: half-days by number, with buffers and without.
(() => {
  "use strict";
  const scroll = document.querySelector("[data-board]");
  const status = document.querySelector("[data-board-says]");
  const dialog = document.querySelector("[data-board-ask]");
  if (!scroll || !status || !dialog) return;
  const words = JSON.parse(document.querySelector("[data-board-words]").textContent);
  const heads = [...scroll.querySelectorAll("th[data-n]")];
  const numbers = heads.map((head) => Number(head.dataset.n));
  const lines = [...scroll.querySelectorAll("tr[data-box]")];
  const FIRST_DAY = 719163; // 1 January 1970 among the days that the server counts
  let hand = null; // { bar, line, use, start, length, target, at, keys, ghost }
  let pressed = null;
  let dropped = false;

  document.querySelector("#board-help").hidden = false;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const usesOf = (line) => JSON.parse(line.dataset.uses);
  const say = (text) => { status.textContent = text; };

  function take(bar, keys) {
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
    hand = { bar, line, use, start, length, target: line, at: start, keys, ghost };
    show();
    if (keys) say(fill(words.taken, { name: use[4], box: line.dataset.code, first: heads[start].dataset.name }));
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
    if (kind !== "own") say(fill(words[kind], { box: hand.target.dataset.code, ...values }));
    else if (hand.at !== hand.start) say(fill(words.dates, { first: heads[hand.at].dataset.name }));
    else say(fill(words.own, { box: hand.line.dataset.code }));
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
    const { bar } = hand;
    hand.asking = true;
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
    dialog.addEventListener("close", () => { leave(words.left); bar.focus(); }, { once: true });
    dialog.showModal();
    dialog.querySelector("h2").focus();
    say("");
  }

  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-move-leave]")) return;
    event.preventDefault();
    dialog.close();
  });

  // --- Mouse ---------------------------------------------------------------------------------------------------------

  const inside = (list, place, from, to) => list.find((one) => {
    const box = one.getBoundingClientRect();
    return place >= box[from] && place < box[to];
  });

  scroll.addEventListener("dragstart", (event) => event.preventDefault());
  scroll.addEventListener("pointerdown", (event) => {
    dropped = false;
    const bar = event.target.closest("[data-move]");
    if (!bar || event.button || event.pointerType === "touch" || hand) return;
    pressed = { bar, x: event.clientX, y: event.clientY, head: inside(heads, event.clientX, "left", "right") };
  });

  document.addEventListener("pointermove", (event) => {
    if (!pressed || (hand && (hand.keys || hand.asking))) return;
    if (!hand) {
      if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < 6) return;
      take(pressed.bar, false);
    }
    follow(event);
  });

  function follow(event) {
    const around = scroll.getBoundingClientRect();
    if (event.clientX > around.right - 24) scroll.scrollBy(16, 0);
    if (event.clientX < heads[0].getBoundingClientRect().left + 12) scroll.scrollBy(-16, 0);
    hand.target = inside(lines, event.clientY, "top", "bottom") || hand.target;
    const head = inside(heads, event.clientX, "left", "right");
    const steps = head && pressed.head ? heads.indexOf(head) - heads.indexOf(pressed.head) : 0;
    hand.at = hand.target === hand.line ? Math.min(Math.max(hand.start + steps, 0), heads.length - 1) : hand.start;
    show();
  }

  document.addEventListener("pointerup", () => {
    const dragged = pressed && hand && !hand.keys;
    pressed = null;
    if (!dragged) return;
    dropped = true;
    drop();
  });
  scroll.addEventListener("click", (event) => { if (dropped) event.preventDefault(); }, true); // a drag ends with a click
  document.addEventListener("pointercancel", () => { pressed = null; if (hand && !hand.keys) leave(words.left); });

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
      if (bar.dataset.move) take(bar, true);
      else fixed();
    } else if (hand && hand.keys && !hand.asking) {
      if (STEPS[event.key]) step(...STEPS[event.key]);
      else if (event.key === "Enter") drop();
      else return;
      event.preventDefault();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !hand || hand.asking) return;
    pressed = null;
    leave(words.left);
  });
  scroll.addEventListener("focusout", () => { if (hand && hand.keys && !hand.asking) leave(words.left); });
})();
