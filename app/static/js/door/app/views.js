// What the app shows beside verdicts: the bar, the place's room, lists of passages. Everything is in the page already; this fills it.

import { showFacts } from "../screen.js";
import { peopleText } from "../verdicts.js";
import { fill } from "../words.js";
import { hourText } from "./ticket.js";

export const find = (selector, inside = document) => inside.querySelector(selector);
export const findAll = (selector, inside = document) => [...inside.querySelectorAll(selector)];

const OLD = 120; // seconds after which a figure is said with its age
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function write(selector, text) {
  findAll(selector).forEach((place) => { place.textContent = text; });
}

export function reveal(selector, shown) {
  findAll(selector).forEach((place) => { place.hidden = !shown; });
}

// An error under what it is about, or none. It is announced: the lines are alerts.
export function problem(name, text) {
  const line = find(`[data-${name}-problem]`);
  find("span", line).textContent = text;
  line.hidden = !text;
  if (text) line.scrollIntoView({ block: "nearest" });
}

function copy(name) {
  return find(`template[data-${name}]`).content.cloneNode(true);
}

function sign(name) {
  return find(`template[data-icon="${name}"]`).content.cloneNode(true);
}

function worded(text) {
  const line = document.createElement("span");
  line.textContent = text;
  return line;
}

// « il y a 2 min »
export function ageText(seconds, words) {
  if (seconds < MINUTE) return words.age_now;
  if (seconds < HOUR) return fill(words.age_minutes, { n: Math.floor(seconds / MINUTE) });
  if (seconds < DAY) return fill(words.age_hours, { n: Math.floor(seconds / HOUR) });
  return fill(words.age_days, { n: Math.floor(seconds / DAY) });
}

// « Porte A · 94 présents »; at a space, who is in it
export function showPlace(door, words) {
  const { place } = door;
  if (!place) return;
  const where = place.direction === "out" ? fill(words.place_out, { place: place.label }) : place.label;
  const room = place.space ? door.room(place.space.id) : null;
  const n = room ? room.present : door.present;
  const present = door.present === null ? "" : fill(words.present, { n });
  write("[data-place-where]", where); // cut where the phone is narrow; the figure never
  write("[data-place-present]", present ? ` · ${present}` : "");
}

// « 3 passages gardés ici (27 personnes) »: how many people, unless each passage is one.
export function keptText(key, { kept, keptPeople }, words) {
  const text = fill(words[key], { n: kept });
  return keptPeople === kept ? text : fill(words.with_people, { text, people: fill(words.persons, { n: keptPeople }) });
}

export function showSending(door, words) {
  const text = door.kept ? keptText("kept", door, words) : words.all_sent;
  const place = find("[data-sending]");
  if (place.textContent.trim() === text && place.dataset.kept === String(door.kept > 0)) return;
  place.dataset.kept = String(door.kept > 0);
  const line = worded(text);
  const [whole, people] = /\s(\([^()]*\))$/.exec(text) || [];
  if (people) { // on a line of their own, so that the place keeps its room
    const own = worded(people);
    own.className = "nowrap";
    line.replaceChildren(text.slice(0, -whole.length), " ", own);
  }
  place.replaceChildren(sign(door.kept ? "cloud-off" : "cloud-check"), line);
}

// The room of the space, or how old the figures are: one line under the bar, nothing while there is nothing to say.
export function showStrip(door, words) {
  const strip = find("[data-strip]");
  const room = door.place && door.place.space && door.place.direction === "in" ? door.room(door.place.space.id) : null;
  const said = room ? roomOf(room, words) : agesOf(door, words);
  strip.hidden = !said;
  strip.classList.toggle("is-full", Boolean(said && said.full));
  if (said && strip.textContent !== said.text) strip.replaceChildren(sign(said.icon), worded(said.text));
}

function roomOf(room, words) {
  if (room.age === null) return { icon: "clock", text: words.no_figures };
  const age = ageText(room.age, words);
  if (room.full) return { icon: "hand-stop", text: fill(words.full, { age }), full: true };
  if (room.left === null || room.left === undefined) return null;
  return { icon: "map-pin", text: fill(words.room, { n: room.left, age }) };
}

function agesOf(door, words) {
  if (door.presentAge === null || door.presentAge < OLD) return null;
  return { icon: "clock", text: fill(words.figures_age, { age: ageText(door.presentAge, words) }) };
}

// What cannot be missed: passages that are in memory alone; and what the server knew better.
export function showAlarms(door, words) {
  const held = door.storage.held || 0;
  reveal("[data-storage]", held > 0 || door.storage.full);
  write("[data-storage-text]", held ? fill(words.held, { n: held }) : words.memory_full);
  const n = door.corrections.length;
  reveal("[data-corrections-banner]", n > 0);
  find("[data-corrections-banner] span").textContent = fill(words.corrections, { n });
}

// The doors to choose from, the one where the phone stands first chosen.
export function showPlaces(door) {
  const chosen = door.place ? door.place.checkpoint : door.places[0] && door.places[0].id;
  find("[data-checkpoints]").replaceChildren(...door.places.map((place) => {
    const card = copy(place.space ? "checkpoint-space" : "checkpoint-item");
    const input = find("input", card);
    const id = `app-checkpoint-${place.id}`;
    Object.assign(input, { value: String(place.id), id, required: true });
    input.checked = String(place.id) === String(chosen);
    find("label", card).htmlFor = id;
    find(".choice-title", card).textContent = place.label;
    return card;
  }));
  const way = door.place ? door.place.direction : "in";
  findAll('[data-place-form] input[name="direction"]').forEach((input) => { input.checked = input.value === way; });
}

// Big buttons, one for each team that may pass, and one for the whole group: `picked(team or null)`.
export function showTeams(seen, words, picked) {
  const leaving = seen.place.direction === "out";
  write("[data-teams-title]", leaving ? words.which_team_out : words.which_team);
  const choices = seen.teams.map((team) => ({ team, text: teamText(team, words) }));
  choices.push({ team: null, text: fill(words.whole_group, { people: peopleText(seen.ask, words) }) });
  find("[data-teams]").replaceChildren(...choices.map(({ team, text }) => {
    const item = copy("team-item");
    find("span", item).textContent = text;
    find("button", item).addEventListener("click", () => picked(team));
    return item;
  }));
}

export function teamText(team, words) {
  return fill(words.team, { team: team.team, people: peopleText(team, words) });
}

function showPassage(line, passage, door, words, locale) {
  const { answer } = passage;
  const time = hourText(passage.at.getTime(), door.setup.event.timezone, locale);
  const state = passage.undone ? words.is_undone : stateOf(passage, answer, words);
  const number = answer && answer.reference; // of a walk-in, once the server told it
  showFacts(line, [time, passage.place && (passage.place.label || passage.place), number, state], number);
}

function stateOf(passage, answer, words) {
  if (answer && ["refused", "invalid"].includes(answer.result)) return words.is_refused;
  if (answer && answer.result === "duplicate") return words.is_duplicate;
  if (answer && (answer.over || answer.result === "over")) return words.is_over;
  return passage.state === "acknowledged" ? words.is_sent : words.is_kept;
}

// The last passages of this phone; `takeBack(passage)` of those that count.
export function showRecent(door, words, locale, takeBack) {
  find("[data-recent-none]").textContent = words.nobody_yet;
  reveal("[data-recent-none]", door.recent.length === 0);
  find("[data-recent]").replaceChildren(...door.recent.slice(0, 20).map((passage) => {
    const item = copy("recent-item");
    find("[data-label]", item).textContent = passage.label || (passage.answer && passage.answer.label) || (passage.walkIn ? words.no_ticket : words.without_name);
    showPassage(find("[data-detail]", item), passage, door, words, locale);
    const button = find("button", item);
    const counts = !passage.undone && (!passage.answer || !["refused", "duplicate", "full", "invalid"].includes(passage.answer.result));
    button.hidden = !counts;
    button.setAttribute("aria-label", fill(words.take_back_of, { who: find("[data-label]", item).textContent }));
    button.addEventListener("click", () => takeBack(passage));
    return item;
  }));
}

export function showCorrections(door, words, locale) {
  const none = document.createElement("li");
  none.textContent = words.no_corrections;
  const items = door.corrections.map((correction) => {
    const item = copy("correction-item");
    find("[data-label]", item).textContent = correction.label || words.without_name;
    find("[data-detail]", item).textContent = correctionText(correction, words);
    find("[data-when]", item).textContent = correctedAt(correction, door, words, locale);
    return item;
  });
  find("[data-corrections]").replaceChildren(...(items.length ? items : [none]));
}

function correctedAt(correction, door, words, locale) {
  const time = hourText(correction.at.getTime(), door.setup.event.timezone, locale);
  const passage = door.recent.find((item) => item.id === correction.id);
  const place = passage && passage.place ? passage.place.label || passage.place : "";
  return place ? fill(words.corrected_at, { time, place }) : time;
}

// Why the server counted otherwise than this phone said.
export function correctionText(correction, words) {
  const { now } = correction;
  if (now.result === "accepted" || now.result === "taken") return words.was_accepted;
  if (now.result === "over") return words.was_full;
  if (now.result === "duplicate") return words.was_already_in;
  return words[`was_${now.reason}`] || words.was_invalid;
}
