// The scanning app on a phone: which screen is shown, and what every screen shows. The engine is device.js.

import * as screen from "../screen.js";
import { wakeSound } from "../signals.js";
import { fill, speak } from "../words.js";
import { DoorApp } from "./device.js";
import { Enrolling, offerInstall, secretOf } from "./enrol.js";
import { Eye } from "./eye.js";
import { Kiosk } from "./kiosk.js";
import { Scanning } from "./scanning.js";
import { Settings } from "./settings.js";
import {
  find, findAll, reveal, showAlarms, showCorrections, showPlace, showRecent, showSending, showStrip, write,
} from "./views.js";
import { WalkIns } from "./walkin.js";

const EVERY = 10000; // figures grow old by themselves
const BETWEEN = ["wait", "settings", "recent", "place"]; // tickets: where what the server knew better may be told
const ASKING = ["enrol", "enrolling", "again"];

const data = JSON.parse(document.getElementById("app-data").textContent);
const door = new DoorApp({ locale: data.locale });

// What the screens share. `at`: the name of the screen that is shown; `reader(text)`: who is told what the camera reads.
const app = {
  door,
  data,
  locale: data.locale,
  words: data.words.school,
  at: "",
  reader: null,
  wordsOf: (ticket) => (ticket && !ticket.school ? data.words.people : data.words.school),
  named: (names) => names[data.locale] || names.fr || names.en || "",
  isSchool: (code) => {
    const audience = door.setup && door.setup.audiences.find((each) => each.code === code);
    return Boolean(audience && (audience.school === undefined ? audience.code === "school" : audience.school));
  },
  eventTitle: () => (door.setup ? app.named(door.setup.event.title) : ""),
  views: (...views) => screen.show(...views),
  stage,
  home,
  refresh,
};
app.eye = new Eye(find("[data-video]"), (text) => { if (app.reader) app.reader(text); });

// Shows a screen: its parts, and what the thumb may press. The camera reads only where a screen asks for it.
function stage(name, views, actions, { keepVerdict = false } = {}) {
  app.at = name;
  app.reader = null;
  if (!views.includes("camera")) app.eye.rest();
  if (!keepVerdict) screen.clearVerdict();
  document.body.dataset.at = name;
  screen.show(...views);
  screen.offer(...actions);
  refresh();
}

// The screen that the phone's state asks for.
function home() {
  if (door.state === "insecure") stage("insecure", ["insecure"], []);
  else if (door.state === "none") enrolFirst();
  else if (door.state !== "enrolled") showStopped();
  else if (!door.setup) showGetting();
  else if (!door.place || (app.kiosk.is && !app.kiosk.code)) app.settings.openPlace();
  else if (app.kiosk.locked) app.kiosk.wait();
  else app.scanning.wait();
}

function enrolFirst() {
  app.kiosk.forget();
  app.enrolling.ask();
}

function showGetting() {
  stage("getting", ["enrolling"], []);
  write("[data-getting]", door.online ? "" : app.words.no_list);
}

// The phone is no device any more: what became of its passages, and the way back.
function showStopped() {
  app.kiosk.forget();
  const { words } = app;
  const over = door.state === "over";
  writeStopped();
  stage("stopped", ["stopped"], ["enrol-again"]);
  const shown = over
    ? { kind: "already", title: words.event_over_title, detail: words.event_over_detail }
    : { kind: "refused", title: words.revoked, detail: words.revoked_detail };
  screen.showVerdict(shown);
  screen.say(shown.title, shown.detail);
}

// What stands on every screen.
function refresh() {
  const { words } = app;
  const on = door.state === "enrolled" && Boolean(door.setup);
  const locked = app.kiosk.locked;
  document.body.classList.toggle("door-app-kiosk", locked);
  reveal("[data-corner]", locked);
  reveal("[data-brand]", !on || locked || !door.place);
  write("[data-brand-text]", on ? app.eventTitle() : words.app_name);
  reveal("[data-place]", on && !locked && Boolean(door.place));
  reveal("[data-sending]", (on && !locked) || (door.state !== "enrolled" && door.kept > 0));
  find("[data-sending]").disabled = !on;
  find("[data-kiosk-only]").hidden = !app.kiosk.is;
  showSending(door, words);
  if (on) showPlace(door, words);
  if (on && !locked && app.at !== "place") showStrip(door, words);
  else reveal("[data-strip]", false);
  showAlarms(door, words);
  if (locked || !on || !BETWEEN.includes(app.at)) reveal("[data-corrections-banner]", false);
  if (app.at === "settings") app.settings.show();
  if (app.at === "recent") drawRecent();
  if (app.at === "stopped") writeStopped();
}

function writeStopped() {
  const { words } = app;
  reveal("[data-stopped-sent]", door.kept > 0 || door.uncounted === 0); // « all sent » says nothing of those who do not count
  write("[data-stopped-sent]", door.kept ? fill(words.passages_kept, { n: door.kept, people: fill(words.persons, { n: door.keptPeople }) }) : words.passages_sent);
  write("[data-stopped-uncounted] span", fill(words.passages_uncounted, { n: door.uncounted }));
  reveal("[data-stopped-uncounted]", door.uncounted > 0);
}

// The state may change while any screen is shown; what somebody does at that moment ends with it.
function changed() {
  refresh();
  const before = app.state;
  app.state = door.state;
  const waits = app.at === "getting" && door.setup;
  if ((before !== door.state && !ASKING.includes(app.at) && app.at !== "leave") || waits) home();
}

function openRecent() {
  drawn = "";
  stage("recent", ["recent"], ["close"]);
}

// Drawn again only when a passage changed, so that the button under a thumb stays where it is.
let drawn = "";
function drawRecent() {
  const now = JSON.stringify(door.recent.map((passage) => [passage.id, passage.state, passage.undone, passage.answer]));
  if (now === drawn) return;
  drawn = now;
  const list = find("[data-recent]");
  const had = findAll("button", list).indexOf(document.activeElement);
  showRecent(door, app.words, app.locale, async (passage) => {
    await door.undo(passage.id).catch(() => null); // it was taken back already
    find("#content").focus({ preventScroll: true });
    refresh();
  });
  if (had >= 0) (findAll("button", list)[had] || find("#content")).focus({ preventScroll: true });
}

function openCorrections() {
  stage("corrections", ["corrections"], door.corrections.length ? ["read"] : ["close"]);
  showCorrections(door, app.words, app.locale);
}

// The page was opened by a code that staff show. The secret leaves the address at once.
function fromAddress() {
  const secret = secretOf(location.hash);
  if (!location.hash.startsWith("#e=")) return "";
  history.replaceState(null, "", location.pathname + location.search);
  return secret;
}

function beginWith(secret) {
  if (!secret || door.state === "insecure") home();
  else if (door.state === "none") app.enrolling.enrol(secret);
  else app.enrolling.askAgain(secret);
}

function listen() {
  document.addEventListener("pointerdown", wakeSound, { once: true });
  document.addEventListener("keydown", wakeSound, { once: true });
  for (const action of ["next", "close", "aside", "stay"]) find(`[data-action="${action}"]`).addEventListener("click", home);
  findAll('[data-open="recent"]').forEach((button) => button.addEventListener("click", openRecent));
  findAll('[data-open="corrections"]').forEach((button) => button.addEventListener("click", openCorrections));
  find('[data-action="read"]').addEventListener("click", () => {
    door.readCorrections();
    home();
  });
  for (const type of ["change", "revoked", "over"]) door.addEventListener(type, changed);
  door.addEventListener("correction", ({ detail }) => {
    app.scanning.correct(detail);
    refresh();
  });
  door.addEventListener("storage", refresh);
  window.addEventListener("hashchange", () => {
    const secret = fromAddress();
    if (secret) beginWith(secret);
  });
  window.setInterval(refresh, EVERY);
}

async function begin() {
  speak(app.locale);
  app.settings = new Settings(app);
  app.kiosk = new Kiosk(app);
  app.scanning = new Scanning(app);
  app.enrolling = new Enrolling(app);
  app.walkIns = new WalkIns(app);
  offerInstall();
  const secret = fromAddress();
  await door.open();
  app.state = door.state;
  listen();
  beginWith(secret);
  document.documentElement.dataset.door = "live";
}

begin();
