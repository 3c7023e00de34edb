// Passages and walk-ins on this phone, each kept until the server has acknowledged it: on the disk, or in memory where the disk is
// full. Several tabs share the disk; the server knows each by its UUID, so that sending one twice counts it once.
//
// A record: {id, order, kind: "scan" | "walk_in", by, state: "kept" | "sent" | "acknowledged", at, item, label, place, answer, told,
//            effect, undoes, undone, fault}
// `by` is the device it was made as, `item` what is sent, `answer` what was decided here, `told` what the server answered, `effect`
// what it changes as long as the list does not tell it, `fault` the HTTP status of a server that will not take it.

import { isFull } from "./db.js";

const RECENT = 40; // acknowledged records that are kept to be shown, and taken back
const WAITING = new Set(["kept", "sent"]);

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // RFC 9562, 5.4
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// How many people a record counted, who count nowhere if it is lost: at least one where somebody passed.
export function peopleOf({ kind, item, answer, effect, undoes }) {
  if (kind === "walk_in") return item.participants + item.companions;
  if (undoes || (answer && answer.result !== "accepted")) return 0;
  const { participants = 0, companions = 0 } = item.headcount || (effect && effect.delta) || {};
  return Math.max(1, Math.abs(participants) + Math.abs(companions));
}

export class Queue extends EventTarget {
  // Fires "storage" when the disk became full, or took again what was held in memory.
  constructor(shelf) {
    super();
    this.shelf = shelf; // null: this browser keeps nothing
    this.records = new Map();
    this.held = new Set(); // ids of those that the disk does not have in their present state
    this.full = false;
    this.last = 0;
    this.sorted = null; // the records in order, until there are others
  }

  // What the disk says, other tabs' records too; what is only in memory stays. A record that is known stays the same object: who waits
  // for its answer holds it.
  async load() {
    if (!this.shelf) return;
    const kept = await this.shelf.all("queue");
    const before = this.records;
    const known = (record) => {
      const mine = before.get(record.id);
      if (!mine) return record;
      return this.held.has(record.id) ? mine : Object.assign(mine, record);
    };
    this.records = new Map(kept.map((record) => [record.id, known(record)]));
    for (const id of this.held) if (before.has(id)) this.records.set(id, before.get(id));
    for (const record of this.records.values()) this.last = Math.max(this.last, record.order);
    this.sorted = null;
  }

  // In the order in which they were made; not to be changed by who reads it.
  get all() {
    if (!this.sorted) this.sorted = [...this.records.values()].sort((a, b) => a.order - b.order);
    return this.sorted;
  }

  // Not acknowledged, the oldest first.
  get waiting() {
    return this.all.filter((record) => WAITING.has(record.state));
  }

  get(id) {
    return this.records.get(id) || null;
  }

  // Resolves once the record is on the disk, or is held in memory because the disk is full; `others` are written with it, or none is.
  async add(record, others = []) {
    this.last = Math.max(this.last + 1, Date.now());
    const whole = { state: "kept", undone: false, told: null, fault: 0, ...record, order: this.last };
    this.records.set(whole.id, whole);
    this.sorted = null;
    await this.save([...others, whole]);
    return whole;
  }

  // Write records in their present state.
  async save(records) {
    for (const record of records) this.held.add(record.id);
    await this.retry();
  }

  // Write what the disk does not have yet; → whether it has everything.
  async retry() {
    const ids = [...this.held].filter((id) => this.records.has(id));
    if (!this.shelf) {
      this.#tell(ids.length > 0);
      return false;
    }
    const write = () => this.shelf.write(ids.map((id) => ["put", "queue", this.records.get(id)]), { sure: true });
    try {
      await write();
    } catch (error) {
      if (!isFull(error) || !(await this.#makeRoom(ids)) || !(await write().then(() => true, () => false))) {
        this.#tell(true);
        return false;
      }
    }
    for (const id of ids) this.held.delete(id);
    this.#tell(false);
    return true;
  }

  // What was answered may go before what was not.
  async #makeRoom(needed) {
    const done = this.all.filter((record) => record.state === "acknowledged" && !needed.includes(record.id));
    if (!done.length) return false;
    try {
      await this.shelf.write(done.map((record) => ["delete", "queue", record.id]));
    } catch {
      return false;
    }
    return true;
  }

  #tell(full) {
    if (full === this.full) return;
    this.full = full;
    this.dispatchEvent(new CustomEvent("storage", { detail: full ? "full" : "ok" }));
  }

  clear() {
    this.records.clear();
    this.held.clear();
    this.full = false;
    this.sorted = null;
  }

  async drop(id) {
    this.records.delete(id);
    this.held.delete(id);
    this.sorted = null;
    if (this.shelf) await this.shelf.write([["delete", "queue", id]]).catch(() => undefined);
  }

  // The server has them: `answers` by id. Old ones that were acknowledged are forgotten.
  async acknowledge(answers) {
    const told = [];
    for (const [id, answer] of answers) {
      const record = this.records.get(id);
      if (!record || record.state === "acknowledged") continue;
      Object.assign(record, { state: "acknowledged", told: answer, fault: 0 });
      told.push(record);
    }
    await this.save(told);
    await this.trim();
    return told;
  }

  async trim() {
    const done = this.all.filter((record) => record.state === "acknowledged" && !record.effect);
    const gone = done.slice(0, Math.max(0, done.length - RECENT));
    gone.forEach((record) => { this.records.delete(record.id); this.held.delete(record.id); });
    if (gone.length) this.sorted = null;
    if (gone.length && this.shelf) await this.shelf.write(gone.map((record) => ["delete", "queue", record.id])).catch(() => undefined);
  }

  // The list was taken away: what was answered goes, and of the rest who it was.
  async strip() {
    for (const record of this.all) {
      if (record.state === "acknowledged") this.records.delete(record.id);
      else Object.assign(record, { label: "", answer: null, effect: null });
    }
    this.sorted = null;
    const left = [...this.records.values()];
    this.held = new Set(left.map((record) => record.id));
    if (this.shelf) await this.shelf.write([["clear", "queue"], ...left.map((record) => ["put", "queue", record])], { sure: true });
    left.forEach((record) => this.held.delete(record.id));
  }
}
