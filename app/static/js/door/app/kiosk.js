// The kiosk: visitors scan themselves. It says little, comes back by itself, and lets only staff out: the corner held for three
// seconds, then the code that they chose when they put it there.

import * as screen from "../screen.js";
import { signal } from "../signals.js";
import { expectedText, verdict } from "../verdicts.js";
import { fill } from "../words.js";
import { find, problem, reveal } from "./views.js";

const SHELF = "parcours-door-kiosk";
const TRIES_SHELF = "parcours-door-kiosk-tries";
const HOLD = 3000;
const SHOWN = { accepted: 4000, already: 6000, refused: 8000 };
const PATIENCE = 30000; // a question that nobody answers goes away
const CODE = /^[0-9]{4}$/;
const MOST_TRIES = 5;
const CLOSED = 60000; // ms without a further try after so many wrong ones; twice as long after each one more
const LONGEST_CLOSED = 60 * CLOSED;
const STEPS = 8; // entries of the browser's history that a visitor who presses Back goes through, and is brought back from

// The browser keeps it, or, where it keeps nothing, it holds while the page is open.
function kept(shelf) {
  try {
    return localStorage.getItem(shelf) || "";
  } catch {
    return "";
  }
}

function keep(shelf, text) {
  try {
    if (text) localStorage.setItem(shelf, text);
    else localStorage.removeItem(shelf);
  } catch {
    // it holds while the page is open
  }
}

// Wrong codes in a row, and until when no further one is looked at (ms since 1970). A page that is loaded again knows them.
function keptTries() {
  const [wrong, until] = kept(TRIES_SHELF).split(" ").map(Number);
  return { wrong: wrong || 0, until: Math.min(until || 0, Date.now() + LONGEST_CLOSED) };
}

const stepNow = () => (history.state && history.state.kiosk) || 0;

export class Kiosk {
  constructor(app) {
    this.app = app;
    this.code = kept(SHELF);
    this.open = false; // staff are at it: the screens of a door, until they say where it stands
    this.current = null;
    this.tries = keptTries();
    this.#listen();
  }

  get is() {
    return Boolean(this.app.door.device && this.app.door.device.mode === "kiosk");
  }

  get locked() {
    return this.is && !this.open && Boolean(this.code);
  }

  // Called as the place is chosen: whether there is a code to come back with. A door that is no kiosk needs none.
  keepsCode() {
    if (!this.is) return true;
    const typed = find("#kiosk-new-code").value.trim();
    if (!CODE.test(typed || this.code)) {
      problem("kiosk", this.app.words.kiosk_code_short);
      find("#kiosk-new-code").focus();
      return false;
    }
    problem("kiosk", "");
    this.code = typed || this.code;
    this.open = false;
    keep(SHELF, this.code);
    this.#guardBack();
    if (document.fullscreenEnabled) document.documentElement.requestFullscreen().catch(() => {});
    return true;
  }

  forget() {
    this.code = "";
    this.open = false;
    this.tries = { wrong: 0, until: 0 };
    keep(SHELF, "");
    keep(TRIES_SHELF, "");
  }

  // A step back stays in this page, and several in a row do: `popstate` goes forward again.
  #guardBack() {
    for (let step = stepNow(); step < STEPS; step += 1) history.pushState({ kiosk: step + 1 }, "");
  }

  async wait() {
    const { app } = this;
    this.#after(0);
    this.current = null;
    this.#guardBack();
    app.stage("kiosk-wait", app.eye.open ? ["camera", "kiosk-wait"] : ["kiosk-wait"], []);
    app.reader = (text) => this.#read(text);
    const seen = await app.eye.start("user");
    if (app.at !== "kiosk-wait") return;
    if (seen) app.views("camera", "kiosk-wait");
    reveal("[data-kiosk-notice]", !seen);
    find("[data-kiosk-notice]").textContent = seen ? "" : app.words.no_camera_kiosk;
  }

  async #read(text) {
    const { app } = this;
    app.reader = null;
    app.eye.rest();
    const seen = await app.door.look(text);
    if (seen.asks) this.#count(seen);
    else await this.#record(seen, {});
  }

  #count(seen) {
    const { app } = this;
    const words = app.wordsOf(seen.ticket);
    app.stage("counts", ["counts"], ["record", "aside"]);
    this.current = { seen, headcount: seen.ask };
    const shown = { kind: "accepted", title: words.kiosk_how_many, who: seen.ticket.label, detail: `${expectedText(seen.ticket, words)}. ${words.kiosk_more}` };
    screen.showVerdict(shown);
    screen.askCounts(seen.ticket, seen.ask, seen.place, words, (headcount) => {
      if (!this.current) return;
      this.current.headcount = headcount;
      this.#after(PATIENCE);
    }, { capped: true });
    screen.say(shown.title, shown.who);
    signal("accepted");
    this.#after(PATIENCE);
  }

  async #record(seen, options) {
    const { app } = this;
    const done = await app.door.scan(seen.text, options).catch(() => null);
    if (!done) {
      app.home();
      return;
    }
    const shown = this.#friendly(done);
    app.stage("kiosk-verdict", [], ["next"]);
    screen.showVerdict(shown);
    screen.nextSays("next");
    screen.say(shown.title, shown.who, shown.detail);
    signal(shown.kind);
    app.refresh();
    this.#after(SHOWN[shown.kind]);
  }

  // What a visitor is told: where to go, never why somebody's papers are wrong.
  #friendly({ answer, ticket, place }) {
    const words = this.app.wordsOf(ticket);
    const shown = verdict(answer, ticket, place, words);
    if (shown.kind === "accepted") {
      const title = place.direction === "out" ? words.kiosk_goodbye : words.kiosk_welcome;
      return { kind: "accepted", title, who: shown.who, detail: shown.detail };
    }
    if (shown.kind === "already") {
      return { kind: "already", title: words.kiosk_counted, who: shown.who, detail: words.kiosk_counted_detail };
    }
    return { kind: "refused", title: words.kiosk_desk, who: this.#why(answer, ticket, words), detail: words.kiosk_desk_detail };
  }

  #why(answer, ticket, words) {
    if (answer.reason === "wrong_wave" && ticket) return fill(words.kiosk_wrong_day, { day: ticket.days });
    return answer.reason === "space_full" ? words.kiosk_full : "";
  }

  // Back to waiting after so many milliseconds; 0: not by itself.
  #after(time) {
    window.clearTimeout(this.timer);
    if (time) this.timer = window.setTimeout(() => this.app.home(), time);
  }

  #askCode() {
    this.current = null;
    find("#kiosk-code").value = "";
    problem("kiosk-code", "");
    this.app.stage("kiosk-leave", ["kiosk-leave"], ["stay"]);
    find("#kiosk-code").focus();
    this.#after(PATIENCE);
  }

  #unlock() {
    const now = Date.now();
    const closed = now < this.tries.until;
    if (closed || find("#kiosk-code").value !== this.code) {
      if (!closed) this.#wrong(now);
      const minutes = Math.ceil((this.tries.until - now) / 60000);
      problem("kiosk-code", minutes > 0 ? fill(this.app.words.kiosk_code_pause, { n: minutes }) : this.app.words.kiosk_code_wrong);
      find("#kiosk-code").select();
      return;
    }
    this.tries = { wrong: 0, until: 0 };
    keep(TRIES_SHELF, "");
    this.#after(0);
    this.open = true;
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    this.app.refresh();
    this.app.settings.openPlace();
  }

  #wrong(now) {
    const wrong = this.tries.wrong + 1;
    const pause = wrong < MOST_TRIES ? 0 : Math.min(CLOSED * 2 ** (wrong - MOST_TRIES), LONGEST_CLOSED);
    this.tries = { wrong, until: pause ? now + pause : 0 };
    keep(TRIES_SHELF, `${wrong} ${this.tries.until}`);
  }

  #hold() {
    window.clearTimeout(this.held);
    this.held = window.setTimeout(() => this.#askCode(), HOLD);
  }

  #listen() {
    const corner = find("[data-corner]");
    corner.addEventListener("pointerdown", () => this.#hold());
    corner.addEventListener("keydown", (event) => {
      if (!event.repeat && ["Enter", " "].includes(event.key)) this.#hold();
    });
    for (const ends of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) {
      corner.addEventListener(ends, () => window.clearTimeout(this.held));
    }
    window.addEventListener("popstate", () => { if (this.locked && stepNow() < STEPS) history.go(STEPS - stepNow()); });
    corner.addEventListener("contextmenu", (event) => event.preventDefault());
    find("[data-kiosk-leave]").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#unlock();
    });
    find('[data-action="record"]').addEventListener("click", () => {
      if (!this.current) return;
      const { seen, headcount } = this.current;
      this.current = null;
      this.#record(seen, { headcount });
    });
  }
}
