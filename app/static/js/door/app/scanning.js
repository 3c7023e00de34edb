// Ticket after ticket: who is it, how many pass, what the door answers; taking back, and letting in with a reason.

import * as screen from "../screen.js";
import { signal } from "../signals.js";
import {
  expectedText, kept, minus, missingText, missingWords, passing, people, peopleText, question, undone, unknownNumber, verdict,
} from "../verdicts.js";
import { fill } from "../words.js";
import { find, problem, showTeams } from "./views.js";

const NOBODY = { participants: 0, companions: 0 };
const MOST_FOUND = 12;
const MIGHT_BE = /^[0-9a-z]{8,10}$|^https?.*[0-9a-z]{26}$/i; // the number of a registration, or the address of a ticket
const OVERRULED = ["cancelled", "waitlisted", "wrong_wave", "space_full", "route_full"];

export class Scanning {
  // `app`: what main.js shares. `this.current`: the ticket being counted; `this.last`: the passage that can be taken back or overruled.
  constructor(app) {
    this.app = app;
    this.current = null;
    this.last = null;
    this.busy = false; // one press, one passage
    this.#listen();
  }

  get door() {
    return this.app.door;
  }

  async wait() {
    const { app } = this;
    this.current = null;
    this.last = null;
    screen.forgetTyped();
    app.stage("wait", app.eye.open ? ["camera", "wait"] : ["wait"], []);
    app.reader = (text) => this.read(text);
    const seen = await app.eye.start();
    if (app.at !== "wait") {
      if (!app.reader) app.eye.rest();
      return;
    }
    if (seen) screen.show("camera", "wait");
    screen.showNotice(seen ? "" : app.words.no_camera);
  }

  // A code was read, or a ticket picked. Groups are asked how many of them pass; everybody else passes at once.
  async read(text) {
    await this.#once(async () => this.#take(await this.door.look(text)));
  }

  // What is pressed twice, or while a ticket is looked up, happens once.
  async #once(work) {
    if (this.busy) return;
    this.busy = true;
    this.app.reader = null;
    this.app.eye.rest();
    try {
      await work();
    } finally {
      this.busy = false;
    }
  }

  // A number was typed. What is no number of a ticket is a slip of the hand, and nothing is recorded; of what might be one that
  // this phone does not know the server is asked, as soon as there is network.
  async typed(text) {
    const said = text.trim();
    if (said) await this.#once(() => this.#typed(said));
  }

  async #typed(said) {
    const seen = await this.door.look(said);
    if (seen.ticket) {
      await this.#take(seen);
      return;
    }
    if (MIGHT_BE.test(said.replace(/[^0-9a-z]/gi, ""))) {
      await this.#record(seen, {}, unknownNumber(said, this.app.words));
    } else {
      this.last = null;
      this.#present(unknownNumber(said, this.app.words), this.app.words, []);
    }
    if (this.last === null || this.last.shown.unknown) screen.keepTyped(said);
  }

  async #take(seen) {
    if (seen.teams.length) this.#askTeam(seen);
    else if (seen.asks) this.#count(seen, seen.ticket, seen.ask, {});
    else await this.#record(seen, {});
  }

  #askTeam(seen) {
    const words = this.app.wordsOf(seen.ticket);
    const shown = question(seen.ticket, seen.place, words);
    this.app.stage("teams", ["teams"], ["aside"]);
    screen.showVerdict(shown);
    showTeams(seen, words, (team) => {
      if (!team) this.#count(seen, seen.ticket, seen.ask, {});
      else this.#countTeam(seen, team, words);
    });
    screen.say(shown.title, shown.who, shown.detail);
    signal("accepted");
  }

  #countTeam(seen, team, words) {
    const ask = { participants: team.participants, companions: team.companions };
    const expected = team.companions ? ask : { ...ask, companions: seen.ticket.expected.companions }; // adults may go with it all the same
    const label = `${fill(words.team_alone, { team: team.team })} · ${seen.ticket.label}`;
    this.#count(seen, { ...seen.ticket, label, expected, inside: NOBODY }, ask, { team: team.team });
  }

  // Nothing is counted yet, so there is nothing to take back: the ticket can be put aside.
  #count(seen, ticket, ask, options) {
    const words = this.app.wordsOf(ticket);
    const asked = question(ticket, seen.place, words);
    const saying = (headcount) => ({ ...asked, ...(options.override ? {} : this.#tight(seen.place, headcount, words)) });
    const shown = saying(ask);
    this.app.stage("counts", ["counts"], ["record", "aside"]);
    this.current = { seen, options: { ...options, headcount: ask } };
    screen.showVerdict(shown);
    screen.askCounts(ticket, ask, seen.place, words, (headcount) => {
      this.current.options.headcount = headcount;
      screen.showVerdict(saying(headcount));
    });
    screen.say(shown.title, shown.who, shown.detail);
    signal(shown.kind);
  }

  // More people stand there than the space takes: that is said before they are counted.
  #tight(place, ask, words) {
    const room = place.space && place.direction === "in" ? this.door.room(place.space.id) : null;
    if (!room || people(ask) <= room.left) return {};
    const left = fill(words.tight_detail, { n: room.left, people: peopleText(ask, words) });
    const detail = room.full ? fill(words.space_full_detail, { space: place.space.name, capacity: room.capacity }) : left;
    return { kind: "already", title: room.full ? words.space_full : words.tight, detail };
  }

  async #record(seen, options, unknown = null) {
    document.body.setAttribute("aria-busy", "true");
    const done = await this.door.scan(seen.text, options).catch(() => null);
    document.body.removeAttribute("aria-busy");
    if (!done) {
      this.app.home(); // the phone was taken off the list meanwhile
      return;
    }
    const words = this.app.wordsOf(done.ticket);
    const shown = unknown || verdictOf(done.answer, done.ticket, done.place, words, options);
    if (options.override && shown.kind === "accepted") shown.lead = words.let_in_over;
    if (done.answer.reason === "space_full" && done.ticket) {
      Object.assign(shown, this.#tight(done.place, options.headcount || passing(done.ticket, done.place), words), { kind: "refused" });
    }
    const counted = done.answer.result === "accepted";
    this.last = { scan: done.id, id: counted ? done.id : null, seen, options, ticket: done.ticket, place: done.place, shown };
    this.#present(shown, words, [...(done.overridable ? ["override"] : []), ...(counted ? ["undo"] : [])]);
    if (shown.unknown) screen.keepTyped("");
    const known = this.door.corrections.find((each) => each.id === done.id);
    if (known) this.correct(known); // the server was faster than this phone's storage
  }

  #present(shown, words, actions) {
    const { app } = this;
    this.current = null;
    const views = [];
    if (shown.figures) {
      screen.showFigures(shown.figures, words);
      views.push("figures");
    }
    if (screen.showNotes(shown)) views.push("notes");
    if (shown.unknown) views.push("unknown");
    app.stage("verdict", views, ["next", ...(shown.unknown ? ["without"] : []), ...actions]);
    screen.showVerdict(shown);
    screen.nextSays(shown.unknown ? "again" : "next");
    screen.say(shown.title, shown.who, shown.detail, shown.lead, shown.note, missingWords(shown.missing));
    signal(shown.kind);
    app.refresh();
  }

  // The server knew better while the verdict is still on the screen: its answer takes the place of this phone's.
  correct({ id, now }) {
    if (this.app.at !== "verdict" || !this.last || this.last.scan !== id) return;
    const { ticket, place } = this.last;
    const words = this.app.wordsOf(ticket);
    const shown = verdictOf(now, ticket, place, words, this.last.options);
    const counted = now.result === "accepted";
    if (counted && this.last.options.override) shown.lead = words.let_in_over;
    const overridable = now.result === "refused" && OVERRULED.includes(now.reason) && !this.last.options.override;
    this.last = { ...this.last, id: counted ? id : null, shown };
    this.#present(shown, words, [...(overridable ? ["override"] : []), ...(counted ? ["undo"] : [])]);
    if (this.door.corrections.length === 1) this.door.readCorrections();
  }

  async #undo() {
    if (!this.last || !this.last.id) return;
    const { id } = this.last;
    this.last = null;
    const done = await this.door.undo(id).catch(() => null);
    if (!done) {
      this.app.home(); // it was taken back already
      return;
    }
    const words = this.app.wordsOf(done.ticket);
    this.#present(undone(done.answer, words), words, []);
  }

  #openSearch() {
    const words = find("#words");
    this.app.stage("search", ["search"], ["close"]);
    this.#search();
    words.focus();
    words.select();
  }

  #search() {
    const text = find("#words").value.trim();
    const found = text ? this.door.search(text, MOST_FOUND) : [];
    screen.showFound(found, text, this.app.data.words, (ticket) => this.read(ticket.reference));
  }

  // The answer was no, and somebody lets them in all the same: why, and of a group how many.
  openOverride() {
    if (!this.last) return;
    problem("override", "");
    find("[data-override-form]").reset();
    this.app.stage("override", ["override"], ["let-in", "aside"], { keepVerdict: true });
    find("[data-override-form]").onsubmit = (event) => {
      event.preventDefault();
      const override = readOverride(this.app.words);
      if (override) this.#once(() => this.#letIn(override));
    };
  }

  #letIn(override) {
    const { seen, options, ticket, place } = this.last;
    const next = { ...options, override };
    if (options.headcount || !ticket || !ticket.group || place.direction === "out") return this.#record(seen, next);
    const wanted = passing(ticket, place);
    const ask = people(wanted) ? wanted : ticket.expected;
    return this.#count({ ...seen, place }, ticket, ask, next);
  }

  #listen() {
    const on = (action, act) => find(`[data-action="${action}"]`).addEventListener("click", act);
    on("undo", () => this.#undo());
    on("override", () => this.openOverride());
    on("record", () => {
      if (!this.current || this.app.at !== "counts") return;
      const { seen, options } = this.current;
      this.current = null;
      this.#record(seen, options);
    });
    document.querySelectorAll("[data-search]").forEach((form) => form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.typed(form.elements.number.value);
    }));
    find("[data-search-words]").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#search();
    });
    find("#words").addEventListener("input", () => this.#search());
    document.querySelectorAll('[data-open="search"]').forEach((button) => button.addEventListener("click", () => this.#openSearch()));
  }
}

// Where a team or some others of a group pass alone at a space, the screen tells those who passed, not where all of their group are.
function verdictOf(answer, ticket, place, words, { team, headcount }) {
  const shown = verdict(answer, ticket, place, words);
  // who came in is not known here yet: how many leave is kept, and counts once it is
  if (ticket && headcount && answer.reason === "not_in" && place.direction === "out") return { ...kept(ticket, place, words), detail: peopleText(headcount, words) };
  if (!ticket || answer.result !== "accepted") return shown;
  const own = team ? ticket.teams.find((one) => one.team === team) : null;
  if (!own) {
    if (!place.space || !headcount) return shown;
    return { ...shown, figures: { expected: passing(ticket, place), present: headcount } };
  }
  const expected = { participants: own.participants, companions: own.companions };
  const detail = place.direction === "out" ? "" : expectedText({ ...ticket, group: true, expected }, words);
  const figures = { expected, present: headcount || expected };
  return { ...shown, who: `${fill(words.team_alone, { team })} · ${shown.who}`, detail, figures, lead: "", missing: missingText(minus(expected, figures.present), words) };
}

// The reason and the note, or null after saying what is missing.
export function readOverride(words) {
  const form = find("[data-override-form]");
  const reason = form.elements.reason.value;
  const note = find("#override-note").value.trim();
  const missing = !reason ? words.choose_reason : reason === "other" && !note ? words.say_reason : "";
  problem("override", missing);
  return missing ? null : { reason, note };
}
