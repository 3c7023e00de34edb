// What a phone knows of its event, its doors and their tickets, and what it would answer: device.js writes it down.

import { admit, NOBODY, people } from "./decide.js";
import { Phone } from "./phone.js";
import { peopleOf } from "./queue.js";
import { dayOf, dayText, eventDays, rowDays, ticketOf as wordsOf } from "./ticket.js";

const RECENT = 20;

export class KnowingPhone extends Phone {
  get places() {
    if (!this.setup) return [];
    const spaces = new Map(this.setup.spaces.map((space) => [space.id, space]));
    const places = this.setup.checkpoints.map((one) => ({ ...one, label: this.textOf(one.name), space: spaces.get(one.space) || null }));
    return [...places.filter((one) => !one.space), ...places.filter((one) => one.space)];
  }

  get place() {
    const found = this.chosen && this.places.find((one) => String(one.id) === String(this.chosen.checkpoint));
    if (!found) return null;
    const { direction } = this.chosen;
    return { checkpoint: found.id, label: found.label, direction, space: found.space, today: dayText(this.clock.now(), this.zone, this.locale) };
  }

  get present() {
    if (!this.figures) return null;
    const told = this.figures.day === this.today() ? this.figures.present : 0; // each day begins with nobody inside
    return Math.max(0, told + this.list.shift(this.today()).present);
  }

  get presentAge() {
    return this.figures ? this.ageOf() : null;
  }

  get kept() {
    return this.queue ? this.queue.waiting.length : 0;
  }

  // People of these, who count nowhere until they are sent.
  get keptPeople() {
    return this.queue ? this.queue.waiting.reduce((sum, record) => sum + peopleOf(record), 0) : 0;
  }

  get oldest() {
    const [first] = this.queue ? this.queue.waiting : [];
    return first ? new Date(first.at) : null;
  }

  get stuck() {
    return this.queue ? this.queue.waiting.filter((record) => record.fault || !this.tokens[record.by]).length : 0;
  }

  get offset() {
    return this.clock.offset;
  }

  get tickets() {
    return this.list.size;
  }

  get recent() {
    const records = this.queue ? this.queue.all : [];
    const shown = records.filter((record) => !record.undoes && (record.answer || record.told));
    return shown.reverse().slice(0, RECENT).map((record) => ({
      id: record.id, at: new Date(record.at), label: record.label, place: record.place, answer: record.told || record.answer,
      undone: record.undone, state: record.state, walkIn: record.kind === "walk_in",
    }));
  }

  room(spaceId) {
    const space = this.setup && this.setup.spaces.find((one) => one.id === spaceId);
    if (!space) return null;
    const told = this.figures && this.figures.day === this.today() ? new Map(this.figures.spaces).get(spaceId) || 0 : 0;
    const present = Math.max(0, told + (this.list.shift(this.today()).spaces.get(spaceId) || 0));
    const left = Math.max(0, space.capacity - present);
    return { space, capacity: space.capacity, present, left, full: left === 0, age: this.figures ? this.ageOf() : null };
  }

  search(text, limit = 12) {
    if (!this.setup) return [];
    return this.list.search(text, limit).map((row) => this.ticketOf(row));
  }

  textOf(names) {
    return names[this.locale] || names.fr || names.en || "";
  }

  ageOf() {
    return Math.max(0, Math.round((this.clock.now() - this.figures.at) / 1000));
  }

  today(moment = this.clock.now()) {
    return dayOf(moment, this.zone);
  }

  whereabouts(row, today = this.today()) {
    return this.list.at(row.owner, today);
  }

  isWrongDay(row, today = this.today()) {
    const days = eventDays(this.waves);
    const own = rowDays(row, this.waves);
    return days.includes(today) && own.length > 0 && !own.includes(today);
  }

  labelOf(row) {
    const main = row.card === null ? null : this.list.main(row.owner);
    return main && main.label ? `${row.label} · ${main.label}` : row.label;
  }

  ticketOf(row) {
    const today = this.today();
    const lastIn = this.list.lastIn(row.owner);
    const last = (this.list.effects.get(row.owner) || []).filter((effect) => people(effect.delta) > 0).pop();
    const known = {
      expected: row.card === null ? row.size : NOBODY,
      at: this.whereabouts(row, today),
      lastIn: lastIn * 1000,
      lastDoor: last && last.at === lastIn ? last.door : "",
    };
    const ticket = wordsOf(row, known, { setup: this.setup, waves: this.waves, now: this.clock.now(), locale: this.locale });
    return { ...ticket, label: this.labelOf(row) };
  }

  decided(row, at, passage, overruled) {
    const today = this.today();
    const space = passage.space === null ? at.space : passage.space;
    const room = space === null ? null : this.room(space);
    return admit({
      ticket: { status: row.status, expected: this.list.expected(row), days: rowDays(row, this.waves), card: row.card },
      at, passage, today, overruled,
      cards: this.list.cards(row.owner, today),
      room: room ? room.capacity - room.present : null,
      eventDays: eventDays(this.waves),
    });
  }

  answerTo(id, row, decided) {
    const expected = row ? this.list.expected(row) : NOBODY;
    const { result, reason, over } = decided;
    return { id, result, reason, label: row ? this.labelOf(row) : "", expected, present: decided.after.inside, over };
  }
}
