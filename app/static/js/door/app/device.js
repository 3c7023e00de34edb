// The engine of the scanning app: what a phone at a door knows, decides, keeps and sends (docs/door.md). It draws nothing.
//
//   const door = new DoorApp({ locale: "fr" });
//   door.addEventListener("change", draw);
//   await door.open();                       reads what the phone keeps, begins to send; no network is needed
//
// WHAT IT IS
//   door.state        "none": no device yet · "enrolled" · "revoked": staff took it back · "over": the event has ended ·
//                     "insecure": the page is not at https:// or localhost, so that no ticket can be told
//   door.device       {id, name, mode: "door" | "kiosk"}, or null
//   door.setup        as GET /door/api/setup answers, or null
//   door.places       [{id, name: {fr, en}, label, space: {id, name, capacity} | null}]: the checkpoints, the entrance first
//   door.place        {checkpoint, label, direction: "in" | "out", space, today}, or null until somebody chose
//   door.present      people in the event now, as far as is known; null before the first list
//   door.presentAge   seconds since that figure was told by the server, or null
//   door.kept         passages and walk-ins that the server has not acknowledged
//   door.keptPeople   people of these
//   door.oldest       Date of the oldest of them, or null
//   door.stuck        of these, how many the server will not take: they stay on the phone
//   door.lastContact  Date of the server's last answer, or null
//   door.online       whether the last attempt reached the server
//   door.offset       milliseconds that the phone's clock is behind the server's (negative: ahead)
//   door.storage      {full, persisted, held}: `held` passages are in memory alone, for the storage is full: say it loudly
//   door.corrections  [{id, label, was: answer, now: answer, at: Date}]: the server answered otherwise; until `readCorrections()`
//   door.recent       [{id, at: Date, label, place, answer, undone, state: "kept" | "sent" | "acknowledged", walkIn}], newest first
//   door.uncounted    passages that this phone let in and the server did not take, for it was no device any more: staff must be told
//   door.tickets      how many tickets the list holds
//
// WHAT IT TELLS (Event types)
//   "change"          any of the above may be other now
//   "correction"      detail: the correction, once it is in `corrections`
//   "storage"         detail: "full", or "ok" when there is room again
//   "revoked", "over" the device ended; its list is gone from the phone
//
// WHAT IT DOES
//   await enrol(code, name)         `code`: the secret, or the whole address that holds it. Throws DoorError, `error.code` being
//                                   "code_unknown", "code_over", "offline", "insecure", "too_many", "storage" or "failed"
//   await choose(checkpointId, direction)
//   await look(text)                who is it? `text` is what the camera read, or a number that somebody typed. Nothing is recorded.
//                                   → {text, ticket | null, place, asks, ask, teams, refused: answer | null, past: see `recent` | null}
//                                   `asks`: somebody must say how many pass, `ask` of them expected ({participants, companions});
//                                   `teams`: [{team, participants, companions}] of a split group at a space, else [];
//                                   `refused`: the answer whoever passes, and nothing is to be asked
//   await scan(text, {headcount, team, override: {reason, note}})
//                                   the passage happened: decided, kept, sent when there is network.
//                                   → {id, answer, ticket, place, over, overridable, crowd, kept}
//                                   `answer`: {id, result, reason, label, expected, present, over} as the server's;
//                                   `overridable`: refused, but staff may let them in with a reason (scan again with `override`);
//                                   `crowd`: room() of the place's space, or null; `kept`: no network, it is sent later.
//                                   ticket, answer and place are what verdicts.js takes.
//   search(text, limit = 12)        tickets whose name, class, school or number holds all the words
//   await undo(id)                  takes a passage of `recent` back → the same as scan(); of a walk-in {id, answer, ticket: null, place}
//   await walkIn({audience, participants, companions, name, over, reason, note})
//                                   → {id, result: "taken" | "over" | "full" | "invalid" | "kept", reference, label}: "full": nothing is
//                                   kept, ask whether staff let them in (`over` with a reason); "kept": no network, noted as provisional
//   room(spaceId)                   {space, capacity, present, left, full, age: seconds | null}, or null for no such space
//   await send()                    now, whatever the pause → whether everything is acknowledged
//   readCorrections()
//   await leave({force})            sends, signs out, wipes → {left: true}, or {left: false, unsent, people} when passages of so many
//                                   people could not be sent and `force` was not given; what is lost is told to the server, later
//                                   where there is no network now
//   await rename(name)              by the server, which may put a number behind it; throws DoorError
//   await forget({force})           the same for a device that is revoked or over
//   close()                         stops timers and listeners
//
// A ticket: {hash, reference, label, audience, group, school, card, status, expected, inside, time, planned, days, wrong_day, came_at, came_day,
//            came_door, absent, teams}

import { persist } from "./db.js";
import { effectOf, inverseOf, isOverridable, NOBODY, NOWHERE, people, refuseStatus } from "./decide.js";
import { KnowingPhone } from "./known.js";
import { codeOf, hashOf } from "./list.js";
import { uuid } from "./queue.js";
import { call, DoorError } from "./sync.js";
import { passing, splitTeams } from "./ticket.js";

export { DoorError };

const PATIENCE = 2000; // ms: a ticket that is not in the list may have been made a moment ago
const ANSWERED = 6000; // ms: how long somebody registered at the door waits for their place
const LONGEST_SENT = 2000;
const BLIND = 60; // seconds: figures that are older do not say that nobody of a group is in
const NUMBER = /^[0-9A-Z]{8,10}$/; // of a registration, without what stands between its letters

// The secret in what a QR code or a person said: itself, or the end of its address.
function secretOf(text) {
  const found = /#(?:.*&)?e=([^&]+)/.exec(text.trim());
  return found ? decodeURIComponent(found[1]) : text.trim();
}

export class DoorApp extends KnowingPhone {
  async enrol(code, name) {
    if (this.state === "insecure") throw new DoorError("insecure");
    const secret = secretOf(code);
    const asked = await call("POST", "enrol", { body: { code: secret, name }, clock: this.clock }).catch((error) => {
      throw error.status === 429 ? new DoorError("too_many", 429) : error;
    });
    const { token, device } = asked.body;
    if (this.shelf) {
      await this.queue.load();
      this.tokens = { ...this.tokens, ...(await this.shelf.get("kept", "tokens")) };
    }
    await this.wipeEvent();
    this.uncounted = 0;
    this.device = device;
    this.tokens = { ...this.tokensInUse(), [device.id]: token };
    this.state = "enrolled";
    await this.keep({ device: { ...device, state: this.state }, tokens: this.tokens, clock: this.clock.record, uncounted: 0 });
    this.post("state");
    await this.sync.run();
    this.persisted = await persist();
    if (this.places.length === 1) await this.choose(this.places[0].id, "in");
    this.changed();
  }

  async rename(name) {
    const asked = await call("POST", "name", { token: this.tokens[this.device.id], body: { name }, clock: this.clock });
    this.device = { ...this.device, name: asked.body.name };
    await this.keep({ device: { ...this.device, state: this.state } });
    this.changed();
  }

  async choose(checkpoint, direction) {
    this.chosen = { checkpoint, direction };
    await this.keep({ place: this.chosen });
    this.changed();
  }

  async look(text) {
    let found = await this.#find(text);
    if (!found.row && this.online && navigator.onLine) {
      await Promise.race([this.sync.run().catch(() => false), new Promise((over) => { window.setTimeout(over, PATIENCE); })]);
      found = await this.#find(text);
    }
    const { row } = found;
    const place = this.place;
    if (!row || !place) return { text, ticket: null, place, asks: false, ask: NOBODY, teams: [], refused: null, past: null };
    const ticket = this.ticketOf(row);
    const reason = refuseStatus(row.status, place.direction) || (place.direction === "in" && this.isWrongDay(row) ? "wrong_wave" : null);
    // a phone at an exit that was not told who came in since cannot know how many are to leave
    const told = this.online && navigator.onLine && this.presentAge <= BLIND;
    const blind = place.direction === "out" && !told && !people(ticket.inside);
    const ask = blind ? ticket.expected : passing(ticket, place);
    const refused = reason ? this.answerTo("", row, { result: "refused", reason, after: this.whereabouts(row), over: false }) : null;
    const past = this.recent.find((one) => one.label === ticket.label && !one.undone) || null;
    return {
      text, ticket, place, ask, refused, past,
      asks: !refused && ticket.group && people(ask) > 0,
      teams: place.space ? ticket.teams : [],
    };
  }

  async scan(text, { headcount = null, team = null, override = null } = {}) {
    const { row, sent } = await this.#find(text);
    const place = this.place;
    if (!place || this.state !== "enrolled") throw new DoorError(this.state === "enrolled" ? "no_place" : this.state);
    const ticket = row ? this.ticketOf(row) : null;
    const stamp = this.clock.stamp();
    const item = { id: uuid(), ...sent, checkpoint: String(place.checkpoint), direction: place.direction, ...stamp };
    if (headcount) item.headcount = headcount;
    if (team) item.team = team;
    if (override) item.override = override;
    const space = place.space ? place.space.id : null;
    const passage = { direction: place.direction, space, headcount: headcount || this.#teamSize(row, team), team };
    const before = row ? this.whereabouts(row) : NOWHERE;
    const decided = row
      ? this.decided(row, before, passage, Boolean(override))
      : { result: "refused", reason: "unknown", after: NOWHERE, delta: NOBODY, over: false };
    if (row) item.known = before.inside;
    if (decided.result === "accepted") item.let_in = true; // whatever the server says later, they went through
    const answer = this.answerTo(item.id, row, decided);
    // nobody comes in: sent later, it would be taken for somebody whom a phone without network let in
    if (answer.reason === "space_full") return this.#verdict(answer, ticket, place, !override && isOverridable(answer));
    const effect = row && decided.result === "accepted" ? this.#effect(row, before, decided, passage, Date.parse(stamp.scanned_at)) : null;
    if (effect) this.list.add(effect);
    const kept = this.#record({ id: item.id, kind: "scan", item, owner: row ? row.owner : null, label: answer.label, place, answer, effect, teams: before.teams });
    if (effect) await this.#keepTeams(row.owner, decided.after.teams);
    await kept;
    return this.#verdict(answer, ticket, place, !override && isOverridable(answer));
  }

  async undo(id) {
    const record = this.queue.get(id);
    const place = record && record.place;
    const told = record && (record.told || record.answer);
    if (record && record.kind === "walk_in") return this.#takeBack(record, told, place);
    if (!record || record.kind !== "scan" || record.undone || !told || told.result !== "accepted") throw new DoorError("not_undone");
    const { code, reference, checkpoint, direction } = record.item;
    const stamp = this.clock.stamp();
    const item = { id: uuid(), ...(code === undefined ? { reference } : { code }), checkpoint, direction, ...stamp, undoes: id };
    const effect = record.effect || !record.done ? null : inverseOf(record.done, Math.floor(Date.parse(stamp.scanned_at) / 1000));
    record.undone = true;
    const row = record.owner === null ? null : this.list.main(record.owner);
    this.overlay();
    if (effect) this.list.add(effect);
    const present = row ? this.whereabouts(row).inside : told.present;
    const answer = { ...told, id: item.id, result: "accepted", reason: null, present, over: false };
    const taken = { id: item.id, kind: "scan", item, owner: record.owner, label: record.label, place, answer, effect, undoes: id };
    const kept = this.#record(taken, [record]);
    if (row) await this.#keepTeams(row.owner, record.teams || []);
    await kept;
    return this.#verdict(answer, row ? this.ticketOf(row) : null, place, false);
  }

  async walkIn({ audience, participants, companions = 0, name = "", over = false, reason = null, note = "" }) {
    const { place } = this;
    if (!place || this.state !== "enrolled") throw new DoorError(this.state === "enrolled" ? "no_place" : this.state);
    const id = uuid();
    const stamp = this.clock.stamp();
    const at = Date.parse(stamp.scanned_at);
    const asks = this.online && navigator.onLine;
    const item = {
      id, audience, participants, companions, name, at: stamp.scanned_at, device_at: stamp.device_at, offset_ms: stamp.offset_ms,
      checkpoint: String(place.checkpoint), over, reason, note, provisional: !asks, locale: this.locale,
    };
    const effect = this.#walkInEffect(item, place, at);
    const answered = asks ? this.#answered(id) : null;
    const record = await this.#record({ id, kind: "walk_in", item, label: name, owner: null, place, answer: null, effect: asks ? null : effect });
    const told = asks ? await answered : null;
    if (told) {
      if (told.result === "full" || told.result === "invalid") await this.queue.drop(id);
      this.changed();
      return { id, result: told.result, reference: told.reference || "", label: told.label || "" };
    }
    Object.assign(record.item, { provisional: true });
    Object.assign(record, { effect, done: effect, answer: { id, result: "kept", reference: "", label: name } });
    await this.queue.save([record]);
    this.overlay();
    this.changed();
    return { id, result: "kept", reference: "", label: name };
  }

  // Somebody was noted by mistake: the server takes their registration back, with network or later.
  async #takeBack(record, told, place) {
    if (record.undone || !told || !["taken", "over", "kept"].includes(told.result)) throw new DoorError("not_undone");
    const stamp = this.clock.stamp();
    const at = Date.parse(stamp.scanned_at);
    const item = {
      id: uuid(), undoes: record.id, checkpoint: record.item.checkpoint,
      at: stamp.scanned_at, device_at: stamp.device_at, offset_ms: stamp.offset_ms,
    };
    const counted = !record.effect && record.state === "acknowledged"; // the list tells of them by now
    const effect = counted ? inverseOf(this.#walkInEffect(record.item, place, at), Math.floor(at / 1000)) : null;
    record.undone = true;
    this.overlay();
    if (effect) this.list.add(effect);
    const answer = { id: item.id, result: "undone", reference: "", label: told.label || record.label };
    await this.#record({ id: item.id, kind: "walk_in", item, label: record.label, owner: null, place, answer, effect, undoes: record.id }, [record]);
    return { id: item.id, answer, ticket: null, place };
  }

  async send() {
    this.tryAgain();
    return this.sync.run().then((well) => Boolean(well) && this.kept === 0);
  }

  readCorrections() {
    this.corrections = [];
    this.keep({ corrections: [] }).then(() => this.post("corrections"));
    this.changed();
  }

  async leave({ force = false } = {}) {
    if (this.kept) await this.sync.run();
    await this.queue.load(); // another tab may have counted somebody meanwhile
    const unsent = this.kept;
    const people = this.keptPeople;
    if (unsent && !force) return { left: false, unsent, people };
    const token = this.device && this.tokens[this.device.id];
    if (token && (unsent || this.state === "enrolled")) this.lost = [...this.lost, { token, unsent, people }];
    await this.wipeAll();
    await this.tellLost();
    this.sync.wake();
    return { left: true };
  }

  forget(options) {
    return this.leave(options);
  }

  // By code, else by the number of a registration; `sent` is how the server is told which ticket it was.
  async #find(text) {
    const code = codeOf(text);
    if (code) return { row: this.list.get(await hashOf(code)), sent: { code } };
    const row = this.list.byReference(text);
    if (row) return { row, sent: { reference: row.reference } };
    const typed = text.trim().slice(0, LONGEST_SENT);
    return { row: null, sent: NUMBER.test(typed.toUpperCase().replace(/[^0-9A-Z]/g, "")) ? { reference: typed } : { code: typed } };
  }

  #teamSize(row, team) {
    const found = row && team ? splitTeams(row.teams, row.size)[team - 1] : null;
    return found ? { participants: found.participants, companions: found.companions } : null;
  }

  #effect(row, before, decided, passage, moment) {
    return {
      ...effectOf(before, decided.after, decided.delta), before: before.space,
      owner: row.owner, day: this.today(moment), at: Math.floor(moment / 1000), door: this.place.label, card: row.card, passage,
    };
  }

  async #keepTeams(owner, teams) {
    const before = JSON.stringify(this.list.apart);
    this.list.setTeams(owner, teams, this.today());
    if (JSON.stringify(this.list.apart) !== before) await this.keep({ apart: this.list.apart });
  }

  // `others` are written with it.
  async #record(record, others = []) {
    const made = Date.parse(record.item.scanned_at || record.item.at);
    const whole = await this.queue.add({ ...record, by: this.device.id, at: made, done: record.effect || null }, others);
    this.post("queue");
    this.changed();
    this.sync.wake();
    return whole;
  }

  #verdict(answer, ticket, place, overridable) {
    return {
      id: answer.id, answer, ticket, place, over: answer.over, overridable,
      crowd: place.space ? this.room(place.space.id) : null, kept: !this.online,
    };
  }

  #walkInEffect(item, place, moment) {
    const n = item.participants + item.companions;
    return {
      owner: `walk-in ${item.id}`, delta: NOBODY, space: undefined, present: n, spaces: place.space ? [[place.space.id, n]] : [],
      day: this.today(moment), at: Math.floor(moment / 1000), door: place.label, card: null, passage: null,
    };
  }

  // The server's answer to a walk-in, or null when it does not come while somebody waits.
  #answered(id) {
    return new Promise((resolve) => {
      const stop = (told) => { this.waiters.delete(id); resolve(told); };
      this.waiters.set(id, stop);
      window.setTimeout(() => stop(null), ANSWERED);
    });
  }
}
