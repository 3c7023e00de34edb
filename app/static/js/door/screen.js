// Puts verdicts, counts and lists on the page. Everything is in the page already; this shows and fills it.

import { countLabel, minus, missingText, people, peopleText, thenText } from "./verdicts.js";
import { fill } from "./words.js";

const find = (selector, inside = document) => inside.querySelector(selector);
const findAll = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const PARTS = ["participants", "companions"];

export function show(...views) {
  const had = document.activeElement;
  findAll("[data-view]").forEach((view) => { view.hidden = !views.includes(view.dataset.view); });
  find(".door-hand").hidden = views.length === 0;
  if (had && had !== document.body && had.offsetParent === null) find("#content").focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

export function offer(...actions) {
  findAll("[data-action]").forEach((button) => { button.hidden = !actions.includes(button.dataset.action); });
}

export function nextSays(name) {
  const text = find("[data-next-text]");
  text.textContent = text.dataset[name];
}

export function clearVerdict() {
  findAll("[data-verdict-kind]").forEach((card) => { card.hidden = true; });
}

export function showVerdict(verdict) {
  findAll("[data-verdict-kind]").forEach((card) => {
    card.hidden = card.dataset.verdictKind !== verdict.kind;
    if (card.hidden) return;
    for (const part of ["title", "who", "detail"]) {
      const line = find(`[data-verdict="${part}"]`, card);
      line.textContent = verdict[part] || "";
      line.hidden = !verdict[part];
    }
  });
}

// Says it once to screen readers, also when it is what was said before. Each part is a sentence: it ends once.
export function say(...texts) {
  const region = find("[data-said]");
  const line = document.createElement("p");
  line.textContent = texts.filter(Boolean).map((text) => (/[.!?…]$/.test(text) ? text : `${text}.`)).join(" ");
  region.replaceChildren(line);
}

// Whether there was anything to say.
export function showNotes(verdict) {
  find("[data-lead]").textContent = verdict.lead || "";
  find("[data-lead]").parentElement.hidden = !verdict.lead;
  const note = find("[data-note]");
  if (verdict.missing) note.replaceChildren(...(verdict.note ? [verdict.note, " "] : []), ...missingNodes(verdict.missing));
  else note.textContent = verdict.note || "";
  note.hidden = !verdict.note && !verdict.missing;
  return Boolean(verdict.lead || verdict.note || verdict.missing);
}

export function showFigures(figures, words) {
  for (const part of PARTS) {
    const n = figures.present[part];
    find(`[data-figure="${part}"]`).textContent = String(n);
    find(`[data-figure-label="${part}"]`).textContent = fill(words[`${part}_of`], { n, total: figures.expected[part] });
    find(`[data-figure="${part}"]`).parentElement.hidden = !figures.expected[part] && !n;
  }
}

// What a figure counts: its label, and in the names of its two buttons the « … » of the page.
export function nameCount(row, text) {
  find("label", row).textContent = text;
  findAll("button[aria-label]", row).forEach((button) => {
    if (!button.dataset.named) button.dataset.named = button.getAttribute("aria-label");
    button.setAttribute("aria-label", button.dataset.named.replace("…", () => text));
  });
}

// Counting a group: `ask` is who is expected now; `changed` is told the headcount each time. `capped`: no more than are expected.
export function askCounts(ticket, ask, place, words, changed, { capped = false } = {}) {
  const leaving = place.direction === "out";
  const most = (part) => (leaving || capped ? ask[part] : 5000);
  const inputs = PARTS.map((part) => find(`[data-view="counts"] input[name="${part}"]`));
  const read = () => Object.fromEntries(PARTS.map((part, at) => {
    const typed = Math.max(0, Math.trunc(Number(inputs[at].value) || 0));
    return [part, capped ? Math.min(typed, most(part)) : typed];
  }));
  const refresh = () => {
    const now = read();
    inputs.forEach((input, at) => {
      if (capped && Number(input.value) > now[PARTS[at]]) input.value = String(now[PARTS[at]]);
      nameCount(input.closest(".door-count"), countLabel(PARTS[at], now, ticket, place, words));
    });
    const missing = leaving ? null : missingText(minus(ask, now), words);
    const then = thenText(now, ticket, place, words);
    find("[data-missing]").replaceChildren(...(then ? [then, " "] : []), ...(missing ? missingNodes(missing) : []));
    find("[data-record-text]").textContent = fill(leaving ? words.leave_button : words.enter_button, { n: people(now) });
    find('[data-action="record"]').disabled = people(now) === 0;
    changed(now);
  };
  inputs.forEach((input, at) => {
    input.value = String(ask[PARTS[at]]);
    input.max = String(most(PARTS[at]));
    input.closest(".door-count").hidden = ticket.expected[PARTS[at]] === 0 && ask[PARTS[at]] === 0;
    input.oninput = refresh;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function missingNodes(missing) {
  const strong = document.createElement("strong");
  strong.textContent = missing.people;
  return [missing.before, strong, missing.after];
}

export function showSending(count, words) {
  const place = find("[data-sending]");
  const icon = find(`template[data-icon="${count ? "cloud-off" : "cloud-check"}"]`).content.cloneNode(true);
  const text = document.createElement("span");
  text.textContent = count ? fill(words.kept, { n: count }) : words.sent;
  place.replaceChildren(icon, text);
}

export function showPresent(count, words) {
  find("[data-present]").textContent = fill(words.present, { n: count });
}

// What was typed last, where one goes on from an unknown number.
export function keepTyped(text) {
  find("#number-again").value = text;
  find("#words").value = text;
}

export function forgetTyped() {
  keepTyped("");
  find("#number").value = "";
}

export function showNotice(text) {
  const notice = find("[data-notice]");
  notice.textContent = text;
  notice.hidden = !text;
}

// Facts with dots between them; a ticket's number, which holds hyphens, stays on one line.
export function showFacts(place, facts, number) {
  const nodes = facts.filter(Boolean).flatMap((fact, at) => {
    if (fact !== number) return at ? [" · ", fact] : [fact];
    const whole = document.createElement("span");
    whole.className = "nowrap";
    whole.textContent = fact;
    return at ? [" · ", whole] : [whole];
  });
  place.replaceChildren(...nodes);
}

export function showFound(tickets, text, words, pick) {
  const list = find("[data-found]");
  list.replaceChildren(...tickets.map((ticket) => {
    const item = find("[data-found-item]").content.cloneNode(true);
    find("[data-label]", item).textContent = ticket.label;
    const counted = peopleText(ticket.expected, words[ticket.school ? "school" : "people"]);
    showFacts(find("[data-detail]", item), [ticket.reference, counted, ticket.planned || ticket.time || ticket.days], ticket.reference);
    const badge = find(`template[data-status-badge="${ticket.absent && ticket.status === "confirmed" ? "absent" : ticket.status}"]`);
    if (badge) find("[data-status]", item).append(badge.content.cloneNode(true));
    find("button", item).addEventListener("click", () => pick(ticket));
    return item;
  }));
  find("[data-search-said]").textContent = text && !tickets.length ? fill(words.people.nobody_found, { text }) : "";
}
