// The phone itself: where it stands, what it keeps, how it is, and how it leaves.

import { setSound, signal } from "../signals.js";
import { fill } from "../words.js";
import { ageText, find, findAll, keptText, reveal, showPlaces, write } from "./views.js";

const SHELF = "parcours-door-sound";
const CLOCK_MATTERS = 60000; // ms
const HOUR = 60; // minutes

function soundIsOn() {
  try {
    return localStorage.getItem(SHELF) !== "off";
  } catch {
    return true;
  }
}

function keepSound(on) {
  try {
    localStorage.setItem(SHELF, on ? "on" : "off");
  } catch {
    // the choice holds while the page is open
  }
}

const seconds = (date, now = Date.now()) => Math.max(0, (now - date.getTime()) / 1000);

const leaveText = (n, persons, words) => fill(words.leave_unsent, { n, people: fill(words.persons, { n: persons }) });

export class Settings {
  constructor(app) {
    this.app = app;
    this.on = soundIsOn();
    setSound(this.on);
    this.#listen();
  }

  // `first`: the phone was taken by its own camera, so that nobody has said its name yet.
  openPlace({ first = false } = {}) {
    showPlaces(this.app.door);
    reveal("[data-phone-name]", first);
    find("#phone-name").value = first ? this.app.door.device.name : "";
    write("[data-event-title]", this.app.eventTitle());
    this.app.stage("place", ["place"], this.app.door.place ? ["place", "stay"] : ["place"]);
  }

  open() {
    write("[data-settings-said]", "");
    write("[data-event-title]", this.app.eventTitle());
    write("[data-device-name]", this.app.door.device ? this.app.door.device.name : "");
    this.app.stage("settings", ["settings"], ["close"]);
    this.show();
  }

  show() {
    const { door, words } = this.app;
    const fact = (name, text) => { find(`[data-fact="${name}"]`).textContent = text; };
    fact("unsent", this.#unsent());
    fact("contact", door.lastContact ? ageText(seconds(door.lastContact), words) : words.contact_never);
    fact("clock", this.#clock());
    fact("tickets", fill(words.list_size, { n: door.tickets }));
    fact("storage", door.storage.full ? words.storage_full : door.storage.persisted ? words.storage_kept : words.storage_loose);
    write("[data-sound-text]", this.on ? words.sound_on : words.sound_off);
    find('[data-do="sound"]').setAttribute("aria-pressed", String(this.on));
  }

  #unsent() {
    const { door, words } = this.app;
    if (!door.kept) return words.unsent_none;
    const since = door.oldest ? fill(words.unsent_since, { age: ageText(seconds(door.oldest, door.clock.now()), words) }) : "";
    const stuck = door.stuck ? fill(words.stuck, { n: door.stuck }) : "";
    return [keptText("unsent", door, words), since, stuck].filter(Boolean).join(" · ");
  }

  #clock() {
    const { door, words } = this.app;
    if (!door.lastContact) return words.clock_unknown;
    if (Math.abs(door.offset) < CLOCK_MATTERS) return words.clock_right;
    const minutes = Math.round(Math.abs(door.offset) / 60000);
    const far = minutes < HOUR ? fill(words.minutes, { n: minutes }) : fill(words.hours, { n: Math.round(minutes / HOUR) });
    return fill(door.offset > 0 ? words.clock_behind : words.clock_ahead, { far });
  }

  async #send(button) {
    const { app } = this;
    button.disabled = true;
    write("[data-settings-said]", app.words.sending);
    const all = await app.door.send();
    button.disabled = false;
    write("[data-settings-said]", all ? app.words.sent_now : app.words.send_failed);
    app.refresh();
  }

  openLeave() {
    const { door, words } = this.app;
    reveal("[data-leave-unsent]", door.kept > 0);
    reveal("[data-lose-agree]", false);
    find("[data-leave-unsent] span").textContent = leaveText(door.kept, door.keptPeople, words);
    write("[data-leave-clean]", words.leave_clean);
    this.app.stage("leave", ["leave"], ["leave", "stay"]);
  }

  // What is unsent is sent first; what cannot be sent is lost only when somebody says so.
  async #leave(force) {
    const { app } = this;
    const gone = app.door.state === "enrolled" ? await app.door.leave({ force }) : await app.door.forget({ force });
    if (gone.left) {
      app.home();
      return;
    }
    const { words } = app;
    const lost = { n: gone.unsent, people: fill(words.persons, { n: gone.people }) };
    find("[data-leave-unsent] span").textContent = leaveText(gone.unsent, gone.people, words);
    reveal("[data-leave-unsent]", true);
    reveal("[data-lose-agree]", true);
    write("[data-lose-agree] label", fill(words.lose_agree, lost));
    find("#lose-agree").checked = false;
    write("[data-lose-text]", fill(words.lose, lost));
    app.stage("leave", ["leave"], ["lose", "stay"]);
    this.#mayLose();
    signal("refused");
  }

  #mayLose() {
    find('[data-action="lose"]').disabled = !find("#lose-agree").checked;
  }

  #listen() {
    const { app } = this;
    find("#lose-agree").addEventListener("change", () => this.#mayLose());
    const open = (name, act) => findAll(`[data-open="${name}"]`).forEach((button) => button.addEventListener("click", act));
    open("settings", () => this.open());
    open("place", () => this.openPlace());
    open("leave", () => this.openLeave());
    findAll('[data-do="send"]').forEach((button) => button.addEventListener("click", () => this.#send(button)));
    find('[data-do="sound"]').addEventListener("click", () => {
      this.on = !this.on;
      setSound(this.on);
      keepSound(this.on);
      this.show();
      if (this.on) signal("accepted");
    });
    find('[data-action="enrol-again"]').addEventListener("click", () => this.#leave(false));
    find('[data-action="leave"]').addEventListener("click", () => this.#leave(false));
    find('[data-action="lose"]').addEventListener("click", () => this.#leave(true));
    find("[data-place-form]").addEventListener("submit", async (event) => {
      event.preventDefault();
      const form = event.target.elements;
      if (!app.kiosk.keepsCode()) return;
      const place = app.door.places.find((each) => String(each.id) === form.checkpoint.value);
      await app.door.choose(place.id, form.direction.value);
      const name = find("#phone-name").value.trim();
      app.home();
      if (name && name !== app.door.device.name) await app.door.rename(name).catch(() => null); // staff may name it too
    });
  }
}
