// Somebody without a ticket: for whom, how many, and they are in. Twenty seconds with one hand.

import * as screen from "../screen.js";
import { signal } from "../signals.js";
import { people, peopleText } from "../verdicts.js";
import { fill } from "../words.js";
import { find, findAll, problem, write } from "./views.js";
import { readOverride } from "./scanning.js";

const MANY = 200; // people: more are asked about again
const MOST = 500; // as the server
const PARTS = ["participants", "companions"];

export class WalkIns {
  constructor(app) {
    this.app = app;
    this.last = null;
    this.sure = 0; // people of a count that was asked about
    this.busy = false; // one press, one visitor, whatever is pressed while the server is asked
    find("[data-walk-in-form]").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    find("[data-walk-in-form]").addEventListener("input", () => this.#refresh());
    document.querySelectorAll('[data-open="walk-in"], [data-action="without"]').forEach((button) => {
      button.addEventListener("click", () => this.open());
    });
    find('[data-action="overrule"]').addEventListener("click", () => this.#askWhy());
  }

  open() {
    const form = find("[data-walk-in-form]");
    form.reset();
    this.#showAudiences();
    for (const [part, n] of [["participants", 1], ["companions", 0]]) {
      const input = this.#input(part);
      input.value = String(n);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.sure = 0;
    problem("walk-in", "");
    this.app.stage("walk-in", ["walk-in"], ["walk-in", "aside"]);
  }

  #input(part) {
    return find(`#walk-in-${part}`);
  }

  #showAudiences() {
    const { audiences } = this.app.door.setup;
    find("[data-audiences]").replaceChildren(...audiences.map((audience) => {
      const card = find("template[data-audience-item]").content.cloneNode(true);
      const input = find("input", card);
      Object.assign(input, { value: audience.code, id: `app-audience-${audience.code}`, checked: audiences.length === 1 });
      find("label", card).htmlFor = input.id;
      find(".choice-title", card).textContent = this.app.named(audience.label);
      return card;
    }));
  }

  get #audience() {
    const checked = find('[data-audiences] input:checked');
    return checked ? checked.value : "";
  }

  // Only school classes come with adults who are counted apart.
  #refresh() {
    const school = this.app.isSchool(this.#audience);
    const words = this.app.data.words[school ? "school" : "people"];
    this.#input("companions").closest(".door-count").hidden = !school;
    if (!school) this.#input("companions").value = "0";
    for (const part of PARTS) {
      find("label", this.#input(part).closest(".door-count")).textContent = fill(words[`walk_in_${part}`], { n: this.#read()[part] });
    }
    const n = people(this.#read());
    write("[data-walk-in-text]", fill(words.count_walk_in, { n }));
    find('[data-action="walk-in"]').disabled = n === 0 || this.busy;
    if (this.#audience) problem("walk-in", "");
  }

  #read() {
    return Object.fromEntries(PARTS.map((part) => [part, Math.max(0, Math.trunc(Number(this.#input(part).value) || 0))]));
  }

  async #send() {
    if (!this.#audience) {
      problem("walk-in", this.app.words.choose_audience);
      find("[data-audiences] input").focus();
      return;
    }
    const n = people(this.#read());
    if (n > MOST || (n > MANY && n !== this.sure)) {
      this.sure = n;
      problem("walk-in", fill(n > MOST ? this.app.words.walk_in_most : this.app.words.walk_in_many, { n }));
      return;
    }
    await this.#count({ audience: this.#audience, ...this.#read(), name: find("#walk-in-name").value.trim() });
  }

  async #count(item) {
    if (this.busy) return;
    this.busy = true;
    document.body.setAttribute("aria-busy", "true");
    const buttons = findAll('[data-action="walk-in"], [data-action="let-in"], [data-action="aside"]');
    buttons.forEach((button) => { button.disabled = true; });
    const answer = await this.app.door.walkIn(item).catch(() => null);
    buttons.forEach((button) => { button.disabled = false; });
    this.busy = false;
    document.body.removeAttribute("aria-busy");
    if (!answer) {
      this.app.home(); // the phone was taken off the list meanwhile
      return;
    }
    this.last = { item, answer };
    this.#present(item, answer);
  }

  #present(item, answer) {
    const { app } = this;
    const words = app.data.words[app.isSchool(item.audience) ? "school" : "people"];
    const shown = this.#shown(item, answer, words);
    const views = answer.reference ? ["number"] : [];
    write("[data-walk-in-number]", answer.reference || "");
    if (screen.showNotes(shown)) views.push("notes");
    app.stage("walked-in", views, ["next", ...(answer.result === "full" ? ["overrule"] : [])]);
    screen.showVerdict(shown);
    screen.nextSays("next");
    const number = answer.reference ? fill(words.walk_in_number, { reference: answer.reference }) : "";
    screen.say(shown.title, shown.who, shown.detail, shown.note, number);
    signal(shown.kind);
    app.refresh();
  }

  #shown(item, answer, words) {
    const who = answer.label || item.name || fill(words.walk_in_group, { people: peopleText(item, words) });
    const n = people(item);
    if (answer.result === "full") {
      const detail = fill(words.walk_in_full_detail, { n });
      return { kind: "refused", title: words.walk_in_full, who, detail, note: words.walk_in_full_next };
    }
    if (answer.result === "invalid") return { kind: "refused", title: words.walk_in_invalid, who, detail: words.walk_in_invalid_detail };
    const detail = peopleText(item, words);
    if (answer.result === "kept") {
      return { kind: "accepted", title: words.walk_in_provisional, who, detail, note: words.walk_in_provisional_detail };
    }
    return { kind: "accepted", title: words.walk_in_taken, who, detail, note: answer.result === "over" ? words.let_in_over : "" };
  }

  #askWhy() {
    if (!this.last) return;
    const { item } = this.last;
    problem("override", "");
    const form = find("[data-override-form]");
    form.reset();
    this.app.stage("override", ["override"], ["let-in", "aside"], { keepVerdict: true });
    form.onsubmit = (event) => {
      event.preventDefault();
      const override = readOverride(this.app.words);
      if (override) this.#count({ ...item, over: true, ...override });
    };
  }
}
