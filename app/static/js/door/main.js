// The door on a phone: read a ticket, ask who it is, count them, say what the server answers.

import { Camera } from "./camera.js";
import { PracticeStore } from "./practice-store.js";
import { ScanStore, uuid } from "./scan-store.js";
import * as screen from "./screen.js";
import { signal, wakeSound } from "./signals.js";
import { asksHeadcount, kept, missingWords, passing, question, undone, unknownNumber, verdict } from "./verdicts.js";
import { speak } from "./words.js";

const LOOK_UP_TIME = 5000;

const door = JSON.parse(document.getElementById("door-data").textContent);
const place = { direction: door.direction, space: door.space, today: door.today };
const store = door.practice ? new PracticeStore(door.base, door.csrf) : new ScanStore(door.slug, door.key);
const find = (selector) => document.querySelector(selector);
const wordsOf = (ticket) => (ticket && !ticket.school ? door.words.people : door.words.school);

let ahead = new Date(door.now).getTime() - Date.now(); // a phone's own clock may be wrong: the server's counts
let camera = null;
let busy = false;
let current = null; // {ticket, headcount} while a group is counted
let last = null; // {ticket, scan} that can be taken back

speak(door.locale);

function wait() {
  busy = false;
  current = null;
  last = null;
  screen.clearVerdict();
  screen.offer();
  screen.show(...(camera ? ["camera", "wait"] : ["wait"]));
  if (camera) camera.start();
}

async function ask(body) {
  const answer = await fetch(`${door.base}/look-up`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": door.csrf },
    body: JSON.stringify(door.practice ? { ...body, earlier: store.done } : body),
    signal: AbortSignal.timeout(LOOK_UP_TIME),
    redirect: "error",
  });
  if (!answer.ok) throw new Error(`look-up: ${answer.status}`);
  return answer.json();
}

// A code was read. Who is it? A group is counted first; everybody else passes at once.
async function read(code) {
  if (busy) return;
  busy = true;
  if (camera) camera.stop();
  let ticket = null;
  try {
    ({ ticket } = await ask({ code }));
  } catch {
    ticket = null; // no network: the scan itself is kept, and says more when it is sent
  }
  await take(ticket, code);
}

async function take(ticket, code) {
  busy = true;
  if (camera) camera.stop();
  if (ticket && asksHeadcount(ticket, place)) count(ticket);
  else await record(ticket, code);
}

// Nothing is counted yet, so there is nothing to take back: the ticket can be put aside.
function count(ticket) {
  const words = wordsOf(ticket);
  current = { ticket, headcount: null };
  const shown = question(ticket, place, words);
  screen.showVerdict(shown);
  screen.askCounts(ticket, passing(ticket, place), place, words, (headcount) => { current.headcount = headcount; });
  screen.show("counts");
  screen.offer("record", "aside");
  screen.say(shown.title, shown.who, shown.detail);
  signal("accepted");
}

function now() {
  return new Date(Date.now() + ahead).toISOString();
}

async function record(ticket, code, headcount = null) {
  const scan = {
    id: uuid(),
    code,
    checkpoint: door.checkpoint,
    direction: door.direction,
    scanned_at: now(),
  };
  if (headcount) scan.headcount = headcount;
  find("body").setAttribute("aria-busy", "true");
  const answer = await store.add(scan);
  find("body").removeAttribute("aria-busy");
  if (door.practice && !answer) {
    wait();
    return; // nothing is kept in practice: the notice says that there is no network
  }
  const words = wordsOf(ticket);
  const shown = answer ? verdict(answer, ticket, place, words) : kept(ticket, place, words);
  const counted = answer ? answer.result === "accepted" : Boolean(ticket); // without an answer: who was known and let in
  last = counted ? { ticket, scan } : null;
  if (shown.unknown) screen.keepTyped("");
  present(shown, words, counted);
  refreshPresent();
}

function present(shown, words, canUndo) {
  current = null;
  screen.showVerdict(shown);
  const views = [];
  if (shown.figures) {
    screen.showFigures(shown.figures, words);
    views.push("figures");
  }
  if (screen.showNotes(shown)) views.push("notes");
  if (shown.unknown) views.push("unknown");
  screen.show(...views);
  screen.nextSays(shown.unknown ? "again" : "next");
  const actions = ["next"];
  if (shown.unknown) actions.push("register");
  if (canUndo) actions.push("undo");
  screen.offer(...actions);
  screen.say(shown.title, shown.who, shown.detail, shown.lead, shown.note, missingWords(shown.missing));
  signal(shown.kind);
}

// A second scan takes the first back.
async function undo() {
  if (!last) return;
  const { ticket, scan } = last;
  last = null;
  const answer = await store.add({ ...scan, id: uuid(), scanned_at: now(), undoes: scan.id, headcount: undefined });
  const words = wordsOf(ticket);
  present(undone(answer, words), words, false);
  refreshPresent();
}

async function refreshPresent() {
  if (door.practice) {
    screen.showPresent(store.present, door.words.school);
    return;
  }
  try {
    const answer = await fetch(`/api/v1/events/${encodeURIComponent(door.slug)}/occupancy`, {
      headers: { Authorization: `Bearer ${door.key}` },
      credentials: "omit",
    });
    if (!answer.ok) return;
    const { present: count, as_of: asOf } = await answer.json();
    ahead = new Date(asOf).getTime() - Date.now();
    screen.showPresent(count, door.words.school);
  } catch {
    // no network: the last figure stays
  }
}

function openSearch() {
  if (camera) camera.stop();
  screen.clearVerdict();
  screen.show("search");
  screen.offer("close");
  screen.showFound([], "", door.words, pick);
  find("#words").focus();
  find("#words").select();
}

async function search(text, { number = false } = {}) {
  const typed = text.trim();
  if (!typed) return;
  busy = true;
  if (camera) camera.stop();
  try {
    const { tickets } = await ask({ text: typed });
    const exact = typed.replace(/[^0-9a-z]/gi, "").toUpperCase();
    screen.keepTyped(typed);
    if (tickets.length === 1 && tickets[0].reference.replaceAll("-", "") === exact) {
      await pick(tickets[0]);
      return;
    }
    if (number && !tickets.length) {
      last = null;
      present(unknownNumber(typed, door.words.school), door.words.school, false);
      return;
    }
    screen.clearVerdict();
    screen.show("search");
    screen.offer("close");
    screen.showFound(tickets, typed, door.words, pick);
  } catch {
    screen.show("wait");
    screen.offer("close");
    screen.showNotice(door.words.people.no_search);
  }
}

function pick(ticket) {
  return take(ticket, ticket.code);
}

function listen() {
  document.addEventListener("pointerdown", wakeSound, { once: true });
  document.addEventListener("keydown", wakeSound, { once: true });
  for (const action of ["next", "close", "aside"]) {
    find(`[data-action="${action}"]`).addEventListener("click", () => {
      screen.forgetTyped();
      wait();
    });
  }
  find('[data-action="undo"]').addEventListener("click", undo);
  find('[data-action="record"]').addEventListener("click", () => {
    if (current) record(current.ticket, current.ticket.code, current.headcount);
  });
  document.querySelectorAll("[data-search]").forEach((form) => form.addEventListener("submit", (event) => {
    event.preventDefault();
    search(form.elements.number.value, { number: true });
  }));
  find("[data-search-words]").addEventListener("submit", (event) => {
    event.preventDefault();
    search(find("#words").value);
  });
  document.querySelectorAll("[data-example]").forEach((link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    read(link.dataset.example);
  }));
  document.querySelectorAll("[data-open-search]").forEach((link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    openSearch();
  }));
  store.addEventListener("change", () => screen.showSending(store.count, door.words.school));
  store.addEventListener("refused", (event) => {
    const words = door.words.school;
    if (door.practice) {
      screen.showNotice(words.no_practice);
      return;
    }
    screen.showNotice(event.detail === 409 ? words.event_over : words.session_over);
  });
  document.addEventListener("visibilitychange", () => {
    if (!camera || busy || !find('[data-view="search"]').hidden) return;
    if (document.hidden) camera.stop();
    else camera.start();
  });
}

async function openCamera() {
  if (!Camera.possible) {
    screen.showNotice(door.words.school.no_camera);
    return;
  }
  const opened = new Camera(find("[data-video]"), read);
  try {
    await opened.open();
    camera = opened;
    if (!busy && find('[data-view="search"]').hidden) wait();
  } catch {
    opened.close();
    screen.showNotice(door.words.school.no_camera);
  }
}

listen();
document.documentElement.dataset.door = "live"; // until here a typed number opens the page that needs no script
if (!door.practice) screen.showSending(store.count, door.words.school);
store.send();
openCamera();
