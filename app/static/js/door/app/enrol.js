// How a phone becomes a device of an event: a code is read, an address typed, or the page was opened by the code itself.

import { signal } from "../signals.js";
import { fill } from "../words.js";
import { hourText } from "./ticket.js";
import { find, problem, reveal, write } from "./views.js";

const ANNOUNCED = ["code_unknown", "code_over"];

// The secret of an address that staff show, or "" when it has none. A code may also be given without its address.
export function secretOf(text) {
  const said = text.trim();
  const at = said.indexOf("#e=");
  if (at >= 0) return said.slice(at + 3);
  return /^[\w-]{16,}$/.test(said) ? said : "";
}

// « Téléphone Android, 9 h 41 »: what staff see of a phone to which nobody gave a name.
export function ownName(words, locale) {
  const agent = navigator.userAgent;
  const kind = /iPad|Tablet/.test(agent) ? words.a_tablet : /iPhone/.test(agent) ? words.an_iphone : /Android/.test(agent) ? words.an_android : words.a_computer;
  return fill(words.phone_named, { kind, time: hourText(Date.now(), undefined, locale) });
}

export class Enrolling {
  constructor(app) {
    this.app = app;
    this.secret = "";
    find("[data-enrol]").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#typed(find("#enrol-address").value);
    });
    find('[data-action="switch"]').addEventListener("click", () => this.#switch());
  }

  async ask(said = "") {
    const { app } = this;
    app.stage("enrol", app.eye.open ? ["camera", "enrol"] : ["enrol"], []);
    problem("enrol", said);
    hint("enrol");
    app.reader = (text) => this.#read(text);
    const seen = await app.eye.start();
    if (app.at !== "enrol") return;
    if (seen) app.views("camera", "enrol");
    else if (!said) problem("enrol", app.words.no_camera_enrol);
  }

  // A code of another event is read by a phone that has one already: nobody loses a list by accident.
  askAgain(secret) {
    this.secret = secret;
    this.app.stage("again", ["again"], ["switch", "stay"]);
    write("[data-event-title]", this.app.eventTitle());
  }

  async enrol(secret) {
    const { app } = this;
    app.stage("enrolling", ["enrolling"], []);
    const said = find("#enrol-name").value.trim();
    const name = said || ownName(app.words, app.locale);
    try {
      await app.door.enrol(secret, name);
    } catch (error) {
      signal("refused");
      this.ask(this.#problemOf(error));
      return;
    }
    find("#enrol-address").value = "";
    hint("ticket");
    signal("accepted");
    if (!said && app.door.state === "enrolled" && app.door.setup) app.settings.openPlace({ first: true });
    else app.home();
  }

  // What the phone still keeps is sent before it goes over; what cannot be sent stays, and so does the phone.
  async #switch() {
    const { app } = this;
    const gone = app.door.state === "enrolled" ? await app.door.leave({ force: false }) : await app.door.forget({ force: false });
    if (gone.left) this.enrol(this.secret);
    else app.settings.openLeave();
  }

  #typed(text) {
    const secret = secretOf(text);
    if (secret) this.enrol(secret);
    else problem("enrol", this.app.words.no_address);
  }

  #read(text) {
    const secret = secretOf(text.includes("#e=") ? text : "");
    if (secret) {
      this.app.eye.rest();
      this.app.reader = null;
      this.enrol(secret);
      return;
    }
    problem("enrol", text.includes("/t/") ? this.app.words.a_ticket : this.app.words.no_address);
    signal("already");
  }

  #problemOf(error) {
    const { words } = this.app;
    const known = { offline: words.enrol_offline, too_many: words.enrol_busy, storage: words.enrol_storage };
    if (ANNOUNCED.includes(error.code)) return words[error.code];
    return known[error.code] || words.enrol_failed;
  }
}

function hint(name) {
  for (const line of document.querySelectorAll("[data-hint]")) line.hidden = line.dataset.hint !== name;
}

// The browser's own offer to install the app, kept until somebody presses; an iPhone has words instead.
export function offerInstall() {
  let offered = null;
  const installed = window.matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
  const apple = /iPhone|iPad/.test(navigator.userAgent) && !installed;
  reveal("[data-install-apple]", apple);
  reveal("[data-install]", apple);
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offered = event;
    reveal("[data-install]", true);
    reveal('[data-do="install"]', true);
  });
  window.addEventListener("appinstalled", () => reveal("[data-install]", false));
  document.querySelectorAll('[data-do="install"]').forEach((button) => button.addEventListener("click", async () => {
    if (!offered) return;
    const asked = offered;
    offered = null;
    await asked.prompt();
    reveal('[data-do="install"]', false);
  }));
}
