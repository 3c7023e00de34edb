// What a phone holds between two passages: who it is, the event's setup, the list, the figures and the queue; how they come from
// the storage and from the server, are shared by several tabs, and go when the device ends. device.js stands on it.

import { Clock, LastContact } from "./clock.js";
import { isFull, persist, Shelf } from "./db.js";
import { inverseOf } from "./decide.js";
import { keepShell } from "./install.js";
import { DoorList } from "./list.js";
import { Queue } from "./queue.js";
import { call, Sync } from "./sync.js";
import { dayOf, wavesOf } from "./ticket.js";

const CHANNEL = "parcours-door";
const ENDS_EVERY = 30000; // ms
const WAITED = 10000; // ms: longer than somebody waits for a walk-in's answer, in any tab
const MOST_CORRECTIONS = 50;
const ENDS = { device_revoked: "revoked", device_unknown: "revoked", event_over: "over" };
const NOT_A_PLACE = new Set(["full", "invalid"]);

export class Phone extends EventTarget {
  constructor({ locale = "fr" } = {}) {
    super();
    this.locale = locale;
    this.state = "none";
    this.device = null;
    this.tokens = {};
    this.clock = new Clock();
    this.heardOf = new LastContact();
    this.list = new DoorList((seconds) => dayOf(seconds * 1000, this.zone));
    this.online = false;
    this.lastContact = null;
    this.persisted = false;
    this.unkept = false; // the storage did not take the last state of the list
    this.uncounted = 0; // passages that this phone let in and the server did not take, for it was no device any more
    this.lost = []; // [{token, unsent, people}] of devices that logged out without the server knowing
    this.waiters = new Map(); // walk-ins whose answer somebody waits for
    this.forgetEvent();
  }

  async open() {
    this.shelf = await Shelf.open().catch(() => null);
    this.queue = new Queue(this.shelf);
    this.queue.addEventListener("storage", () => this.tellStorage());
    this.sync = new Sync(this);
    if (!window.isSecureContext || !crypto.subtle || !navigator.locks) {
      this.state = "insecure";
      this.changed();
      return;
    }
    await this.read();
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.onmessage = ({ data }) => this.heard(data);
    this.ticking = window.setInterval(() => this.endInTime(), ENDS_EVERY);
    await this.endInTime();
    persist().then((kept) => { this.persisted = kept; });
    this.shell = keepShell(this.locale);
    this.tryAgain();
    this.sync.start();
    this.changed();
  }

  close() {
    this.sync.stop();
    window.clearInterval(this.ticking);
    if (this.channel) this.channel.close();
    if (this.shelf) this.shelf.close();
  }

  // ---- the storage

  forgetEvent() {
    this.setup = null;
    this.setupTag = null;
    this.waves = new Map();
    this.chosen = null;
    this.figures = null; // {present, spaces, at: the server's milliseconds, day}
    this.cursor = { cursor: null, tag: null };
    this.corrections = [];
    this.list.clear();
  }

  async read() {
    if (!this.shelf) return;
    const names = ["device", "tokens", "clock", "setup", "place", "figures", "cursor", "corrections", "apart", "contact", "uncounted", "lost", "heard_of"];
    const [device, tokens, clock, setup, place, figures, cursor, corrections, apart, contact, uncounted, lost, heardOf] =
      await Promise.all(names.map((name) => this.shelf.get("kept", name)));
    const [keys, pieces] = [await this.shelf.keys("rows"), await this.shelf.all("rows")];
    await this.queue.load();
    // from here on at once: nobody is to be answered by a list that is half read
    this.forgetEvent();
    pieces.forEach((piece) => this.list.take(JSON.parse(piece)));
    this.list.pieces = keys.length ? keys[keys.length - 1] : 0;
    this.device = device ? { id: device.id, name: device.name, mode: device.mode } : null;
    this.state = device ? device.state : "none";
    this.tokens = tokens || {};
    if (clock) this.clock = new Clock(clock);
    if (setup) this.useSetup(setup.body, setup.tag);
    this.chosen = place || null;
    this.figures = figures || null;
    this.corrections = corrections || [];
    if (contact) this.lastContact = new Date(contact);
    this.heardOf = new LastContact(heardOf);
    this.uncounted = uncounted || 0;
    this.lost = lost || [];
    if (this.list.size && cursor) this.cursor = cursor;
    if (apart) this.list.apart = apart;
    this.overlay();
  }

  // Write small things; → whether the storage took them.
  async keep(values, changes = []) {
    if (!this.shelf) return false;
    const puts = Object.entries(values).map(([name, value]) => ["put", "kept", value, name]);
    try {
      await this.shelf.write([...puts, ...changes]);
    } catch (error) {
      if (!isFull(error)) throw error;
      this.tellStorage(true);
      return false;
    }
    this.tellStorage(false);
    return true;
  }

  tellStorage(unkept = this.unkept) {
    const full = this.queue.full || unkept;
    const before = this.toldFull;
    this.unkept = unkept;
    this.toldFull = full;
    if (Boolean(before) !== full) this.dispatchEvent(new CustomEvent("storage", { detail: full ? "full" : "ok" }));
    this.changed();
  }

  get storage() {
    const full = Boolean(this.queue && this.queue.full);
    return { full: full || this.unkept, persisted: this.persisted, held: full ? this.queue.held.size : 0 }; // else they are on their way
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  // ---- other tabs

  post(what, more = {}) {
    if (this.channel) this.channel.postMessage({ what, ...more });
  }

  async heard({ what, whole }) {
    if (!this.shelf) return; // each tab is a phone of its own
    if (what === "queue") await this.readQueue();
    else if (what === "corrections") this.corrections = (await this.shelf.get("kept", "corrections")) || [];
    else if (what === "list" && !whole) await this.readLater();
    else await this.read();
    this.overlay();
    this.changed();
  }

  // Passages of all tabs, and what the server answered to one of them: it may be this tab that waits for it.
  async readQueue() {
    await this.queue.load();
    for (const [id, resolve] of [...this.waiters]) {
      const record = this.queue.get(id);
      if (record && record.told) resolve(record.told);
    }
  }

  // What another tab wrote behind the pieces that are known.
  async readLater() {
    await this.queue.load(); // what the list tells now lies no more over it
    for (const piece of await this.shelf.after("rows", this.list.pieces)) this.list.take(JSON.parse(piece));
    const keys = await this.shelf.keys("rows");
    this.list.pieces = keys.length ? keys[keys.length - 1] : 0;
    const [figures, cursor, apart] = await Promise.all(["figures", "cursor", "apart"].map((name) => this.shelf.get("kept", name)));
    Object.assign(this, { figures: figures || this.figures, cursor: cursor || this.cursor });
    if (apart) this.list.apart = apart;
  }

  // ---- what the synchronisation asks and tells (sync.js)

  get zone() {
    return this.setup ? this.setup.event.timezone : "UTC";
  }

  get current() {
    return this.state === "enrolled" && this.device ? this.device.id : null;
  }

  get inUse() {
    return Boolean(this.current) || this.queue.waiting.some((record) => !record.fault && this.tokens[record.by]);
  }

  // Tokens of devices that have something to send yet.
  tokensInUse() {
    const used = new Set(this.queue.waiting.map((record) => String(record.by)));
    return Object.fromEntries(Object.entries(this.tokens).filter(([id]) => used.has(id)));
  }

  // What a server would not take may be taken by now: by a newer one, or once somebody asks.
  tryAgain() {
    this.queue.all.forEach((record) => { record.fault = 0; });
  }

  // A walk-in that nobody waits for at the door any more, for the app was closed meanwhile: the people are in.
  unanswered(record) {
    if (record.answer || this.waiters.has(record.id) || Math.abs(Date.now() - record.order) < WAITED) return;
    record.item.provisional = true;
    record.answer = { id: record.id, result: "kept", reference: "", label: record.label };
  }

  async contact(reached) {
    this.online = reached;
    if (reached) {
      this.lastContact = new Date();
      this.heardOf.note(this.clock.now());
      const known = { contact: this.lastContact.getTime(), clock: this.clock.record, heard_of: this.heardOf.record };
      if (this.device) await this.keep(known); // nothing after it logged out
      await this.queue.retry();
    } else {
      this.waiters.forEach((resolve) => resolve(null)); // nobody at the door waits for a network
    }
    this.changed();
  }

  isEnd(error) {
    return error.code in ENDS;
  }

  // The device ended: nothing is decided any more. What it kept is sent, then its list goes (`wipeEvent`).
  async halt(code) {
    if (this.state !== "enrolled") return;
    this.state = ENDS[code];
    await this.keep({ device: { ...this.device, state: this.state } });
    this.dispatchEvent(new Event(this.state));
    this.changed();
  }

  async endInTime() {
    if (this.setup && this.state === "enrolled") {
      if (!this.online) await this.keep({ heard_of: this.heardOf.record });
      if (this.heardOf.isPast(Date.parse(this.setup.list_ends_at), this.clock.now())) await this.halt("event_over");
    }
    if (this.setup && ["revoked", "over"].includes(this.state)) await this.wipeEvent();
  }

  async wipeEvent() {
    this.forgetEvent();
    const names = ["setup", "place", "figures", "cursor", "corrections", "apart"];
    if (this.shelf) await this.shelf.write([["clear", "rows"], ...names.map((name) => ["delete", "kept", name])]);
    await this.queue.strip();
    this.post("state");
    this.changed();
  }

  async wipeAll() {
    this.forgetEvent();
    this.queue.clear();
    Object.assign(this, { state: "none", device: null, tokens: {}, lastContact: null, uncounted: 0 });
    if (this.shelf) await this.shelf.write([["clear", "rows"], ["clear", "kept"], ["clear", "queue"]], { sure: true });
    if (this.lost.length) await this.keep({ lost: this.lost });
    this.tellStorage(false);
    this.post("state");
  }

  // Passages that were lost with a log-out are told as soon as there is network: staff see how many people count nowhere.
  // → whether nothing is left to tell
  async tellLost() {
    for (const one of [...this.lost]) {
      const { token, unsent, people } = one;
      const failed = await call("POST", "leave", { token, body: { unsent, people } }).then(() => null, (error) => error);
      if (failed && (failed.code === "offline" || failed.status === 429 || failed.status >= 500)) return false;
      this.lost = this.lost.filter((other) => other !== one);
      await (this.lost.length ? this.keep({ lost: this.lost }) : this.keep({}, [["delete", "kept", "lost"]]));
    }
    return true;
  }

  useSetup(body, tag) {
    this.setup = body;
    this.setupTag = tag;
    this.waves = wavesOf(body);
  }

  async takeSetup(body, tag) {
    this.useSetup(body, tag);
    if (body.device) this.device = { ...this.device, ...body.device };
    await this.keep({ setup: { body, tag }, device: { ...this.device, state: this.state } });
    this.changed();
  }

  // The server's answers by id. What it said otherwise than this phone did is told, and kept until it is read.
  async takeAnswers(answers) {
    const again = this.provisionalAgain(answers);
    const records = await this.queue.acknowledge(answers);
    for (const record of records) {
      if (!isTaken(record)) record.effect = null;
      this.correct(record);
      const resolve = this.waiters.get(record.id);
      this.waiters.delete(record.id);
      if (resolve) resolve(record.told);
    }
    await this.queue.save([...records, ...again]);
    if (records.some((record) => !isTaken(record))) this.overlay();
    if (this.corrections.length || this.uncounted) {
      await this.keep({ corrections: this.corrections, uncounted: this.uncounted });
      this.post("corrections");
    }
    this.post("queue");
    this.changed();
  }

  // People whom nobody waits for at the door any more are in: a « full » that comes too late is asked again as what it is by now.
  provisionalAgain(answers) {
    const late = [...answers].filter(([id, told]) => {
      const record = this.queue.get(id);
      return record && record.kind === "walk_in" && told.result === "full" && record.item.provisional && !record.again;
    });
    return late.map(([id]) => {
      answers.delete(id);
      return Object.assign(this.queue.get(id), { state: "kept", again: true });
    });
  }

  correct(record) {
    const { answer, told } = record;
    if (!answer || (answer.result === "kept" && told.result !== "invalid")) return;
    if (told.result === answer.result && told.reason === answer.reason) return;
    if (isIn(answer) && [told.result, told.reason].includes("invalid")) this.uncounted += 1;
    if (record.undoes && !["accepted", "undone"].includes(told.result)) {
      const undone = this.queue.get(record.undoes);
      if (undone) {
        undone.undone = false;
        this.queue.held.add(undone.id); // written with the next ones
      }
    }
    const correction = { id: record.id, label: told.label || record.label, was: answer, now: told, at: new Date(record.at) };
    const outside = answer.result === "refused" && told.result === "refused"; // nobody is in who should not be, nor the other way
    if (!outside) this.corrections = [...this.corrections, correction].slice(-MOST_CORRECTIONS);
    this.dispatchEvent(new CustomEvent("correction", { detail: correction }));
  }

  async takeList(body, tag) {
    if (body.full) this.list.clearRows();
    this.list.take(body.tickets);
    const changes = this.list.changes(body.tickets, body.full);
    const at = Date.parse(body.now);
    this.figures = { present: body.present, spaces: body.spaces, at, day: dayOf(at, this.zone) };
    this.cursor = { cursor: body.cursor, tag };
    this.list.whole = false; // until it is on the disk; the next changes would stand on rows that are not
    const kept = await this.keep({ figures: this.figures, cursor: this.cursor }, changes);
    this.list.whole = kept || !this.shelf;
    await this.settle();
    this.post("list", { whole: changes.some(([verb]) => verb === "clear") });
    this.changed();
  }

  // Nothing has changed: the figures are as new as the answer.
  async keepList() {
    if (this.figures) this.figures.at = this.clock.now();
    await this.settle();
    this.changed();
  }

  // The list tells what was acknowledged before it was asked for.
  async settle() {
    const told = this.queue.all.filter((record) => record.state === "acknowledged" && record.effect);
    told.forEach((record) => { record.effect = null; });
    const undoing = told.filter((record) => record.undone).map((record) => this.undoingLater(record)).filter(Boolean);
    if (told.length) await this.queue.save([...told, ...undoing]);
    await this.queue.trim();
    this.overlay();
  }

  // The list tells of a passage that was taken back here, and the server does not know that yet.
  undoingLater(record) {
    const undo = this.queue.waiting.find((other) => other.undoes === record.id && !other.effect);
    return undo && Object.assign(undo, { effect: inverseOf(record.done, Math.floor(undo.at / 1000)) });
  }

  overlay() {
    this.list.overlay(this.queue.all.filter((record) => record.effect && !record.undone).map((record) => record.effect));
  }
}

const isIn = ({ result }) => ["accepted", "taken", "over", "kept"].includes(result);

function isTaken(record) {
  return record.kind === "scan" ? record.told.result === "accepted" : !NOT_A_PLACE.has(record.told.result);
}
