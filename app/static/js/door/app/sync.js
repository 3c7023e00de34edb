// Contact with the server: passages go in batches, repeated until acknowledged, then the list comes up to date. One tab does it
// at a time (Web Locks); whichever does takes what all of them kept.

import { peopleOf } from "./queue.js";

const MOST_SCANS = 500;
const MOST_WALK_INS = 50;
const EVERY = 5000; // ms between two contacts that went well
const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 30000;
const BUSY_PAUSE = 150; // ms, and as much again by chance: many phones have network again at the same moment
const BUSY_TRIES = 120;
const SETUP_EVERY = 60000;
const BROKEN_EVERY = 60000;
const MOST_BROKEN = 2; // passages of one contact that the server fails at, before it is the server
const LONGEST_LOCK = 90000; // ms: a tab that the browser put to sleep in the middle of a contact holds up the others no longer
const ANSWER_TIME = 15000;
const LIST_TIME = 60000; // a first list of 20,000 tickets over a poor network
const LOCK = "parcours-door-sync";

// The server answered, and it was a refusal. `code` is that of its problem document.
export class DoorError extends Error {
  constructor(code, status = 0) {
    super(`${code} (${status})`);
    this.code = code;
    this.status = status;
  }
}

// One call. Throws DoorError: "offline" when there was no answer, else the code of the problem. → {status, body, etag}
export async function call(method, path, { token, body, etag, clock, time = ANSWER_TIME } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  if (etag) headers["If-None-Match"] = etag;
  const begun = performance.now();
  let answer;
  let told = null;
  let ended;
  try {
    answer = await fetch(`/door/api/${path}`, {
      method, headers, body: body && JSON.stringify(body), credentials: "omit", cache: "no-store", redirect: "error",
      signal: AbortSignal.timeout(time),
    });
    ended = performance.now();
    if (answer.status !== 204 && answer.status !== 304) told = await answer.json();
  } catch (error) {
    if (!answer || answer.ok || error.name === "TimeoutError") throw new DoorError("offline");
  }
  if (answer.status === 503 && told && told.code === "busy" && path === "sync") throw new DoorError("busy", 503);
  if (answer.status >= 502 && answer.status <= 504) throw new DoorError("offline", answer.status); // a proxy without its server
  if (!answer.ok && answer.status !== 304) throw new DoorError((told && told.code) || "failed", answer.status);
  const now = (told && told.now) || answer.headers.get("Door-Now"); // nothing new has no body, and the clock is measured all the same
  if (clock && now) clock.measure(begun, ended, now);
  return { status: answer.status, body: told, etag: answer.headers.get("ETag") };
}

// `work` is the phone (device.js): its queue, clock, tokens by device, the id of the device that it is (`current`), and what it
// does with each answer.
export class Sync {
  constructor(work) {
    this.work = work;
    this.pause = FIRST_PAUSE;
    this.size = MOST_SCANS;
    this.busy = 0;
    this.setupAt = -Infinity;
    this.brokenAt = -Infinity;
    this.running = null;
    this.again = false;
    this.timer = 0;
    this.onOnline = () => {
      this.pause = FIRST_PAUSE; // what failed without network says nothing of the next try: one may be failing at this moment
      this.wake();
    };
    this.onShown = () => { if (!document.hidden) this.wake(); };
  }

  start() {
    window.addEventListener("online", this.onOnline);
    document.addEventListener("visibilitychange", this.onShown);
    this.wake();
  }

  stop() {
    this.stopped = true;
    window.clearTimeout(this.timer);
    window.removeEventListener("online", this.onOnline);
    document.removeEventListener("visibilitychange", this.onShown);
  }

  // Something is to be sent, or there may be network again.
  wake() {
    this.run().catch((error) => console.error(error));
  }

  // One contact, after the one that is on. → whether it went well
  run() {
    window.clearTimeout(this.timer);
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.#rounds().finally(() => {
      this.running = null;
      this.#plan();
    });
    return this.running;
  }

  async #rounds() {
    let well;
    do {
      this.again = false;
      well = await this.#alone(() => this.#round());
    } while (this.again && well && !this.stopped);
    return well;
  }

  // Twice at once does no harm, for the server knows each passage by its UUID; never would.
  async #alone(work) {
    try {
      return await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(LONGEST_LOCK) }, work);
    } catch (error) {
      if (error.name === "AbortError") return this.well; // another tab went on in its place
      if (error.name !== "TimeoutError") throw error;
      return navigator.locks.request(LOCK, { steal: true }, work);
    }
  }

  #plan() {
    window.clearTimeout(this.timer);
    if (this.stopped || !(this.work.inUse || this.work.lost.length)) return;
    const pause = this.well ? EVERY : this.pause;
    this.timer = window.setTimeout(() => this.wake(), pause);
  }

  async #round() {
    const { work } = this;
    this.well = false;
    this.#tryBroken();
    const told = await work.tellLost();
    if (!told) this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    if (!work.inUse) return told;
    try {
      await this.#sendAll();
      if (work.current) await this.#listen();
      this.well = true;
      this.pause = FIRST_PAUSE;
      await work.contact(true);
    } catch (error) {
      if (!(error instanceof DoorError)) throw error;
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
      if (work.isEnd(error)) await this.#end(error);
      else await work.contact(error.code !== "offline");
    }
    return this.well;
  }

  // What a server failed at is tried again after a while; meanwhile it does not stand in the way of what was counted after it.
  #tryBroken() {
    this.broken = 0;
    if (performance.now() - this.brokenAt < BROKEN_EVERY) return;
    this.brokenAt = performance.now();
    this.work.queue.all.forEach((record) => { if (record.fault === 500) record.fault = 0; });
  }

  // What ends a device ends its list; passages made before are still taken for a while.
  async #end(error) {
    const { work } = this;
    await work.halt(error.code);
    try {
      await this.#sendAll();
    } catch (later) {
      if (!(later instanceof DoorError)) throw later;
      if (later.status === 401) await this.#giveUp(work.queue.waiting.filter((record) => record.by === work.device.id), 401);
    }
    await work.wipeEvent();
    await work.contact(true);
    this.well = true;
  }

  async #sendAll() {
    for (let batch = this.#batch(); batch; batch = this.#batch()) await this.#send(batch);
  }

  // The oldest that wait, of one device; null when none does. What the server would not take alone is not tried again.
  #batch() {
    const waiting = this.work.queue.waiting.filter((record) => !record.fault && this.work.tokens[record.by]);
    if (!waiting.length) return null;
    const { by } = waiting[0];
    const own = waiting.filter((record) => record.by === by);
    const scans = own.filter((record) => record.kind === "scan").slice(0, this.size);
    const walkIns = own.filter((record) => record.kind === "walk_in").slice(0, Math.min(this.size, MOST_WALK_INS));
    const sent = new Set([...scans, ...walkIns]);
    return { by, scans, walkIns, left: this.work.queue.waiting.filter((record) => !sent.has(record)) };
  }

  async #send({ by, scans, walkIns, left }) {
    const { work } = this;
    const records = [...scans, ...walkIns];
    walkIns.forEach((record) => work.unanswered(record));
    const [oldest] = left;
    const fresh = records.filter((record) => record.state === "kept");
    fresh.forEach((record) => { record.state = "sent"; });
    const body = {
      now: new Date().toISOString(),
      unsent: left.length,
      unsent_people: left.reduce((sum, record) => sum + peopleOf(record), 0),
      oldest_unsent: oldest ? new Date(oldest.at).toISOString() : null,
      scans: scans.map((record) => record.item),
      walk_ins: walkIns.map((record) => record.item),
    };
    let answer;
    try {
      answer = await call("POST", "sync", { token: work.tokens[by], body, clock: work.clock, time: ANSWER_TIME * 2 });
    } catch (error) {
      if (error.code === "busy") await this.#comeAgain();
      else if (error.status === 401 && by !== work.current) await this.#giveUp(records, 401);
      else if (!(await this.#split(error, records))) throw error;
      return;
    }
    this.size = MOST_SCANS;
    this.busy = 0;
    const answers = [...answer.body.results, ...answer.body.walk_ins].map((told) => [told.id, told]);
    const known = new Set(answers.map(([id]) => id));
    const missing = records.filter((record) => !known.has(record.id));
    if (missing.length) await this.#giveUp(missing, answer.status);
    await work.takeAnswers(new Map(answers));
  }

  // The server has no hand free for as many passages: the same ones go again soon.
  async #comeAgain() {
    this.busy += 1;
    if (this.busy > BUSY_TRIES) {
      this.busy = 0;
      throw new DoorError("offline", 503);
    }
    await new Promise((done) => { window.setTimeout(done, BUSY_PAUSE * (1 + Math.random())); });
  }

  // A batch that is refused as a whole is sent in halves, until the one that is at fault is alone: it stays on the phone.
  async #split(error, records) {
    if (![400, 413, 422, 500].includes(error.status)) return false;
    if (records.length > 1) {
      this.size = Math.max(1, Math.floor(Math.min(this.size, records.length) / 2));
      return true;
    }
    if (error.status === 500 && (this.broken += 1) > MOST_BROKEN) return false; // the server's own fault, which passes
    await this.#giveUp(records, error.status);
    this.size = MOST_SCANS;
    return true;
  }

  // They stay on the phone, and are seen to stay.
  #giveUp(records, status) {
    records.forEach((record) => { record.fault = status; });
    return this.work.queue.save(records);
  }

  async #listen() {
    const { work } = this;
    const device = work.current;
    const token = work.tokens[device];
    if (performance.now() - this.setupAt > SETUP_EVERY || !work.setup) {
      const answer = await call("GET", "setup", { token, etag: work.setup ? work.setupTag : null, clock: work.clock });
      if (work.current !== device) return; // it logged out, or took another code, while the server answered
      this.setupAt = performance.now();
      if (answer.status === 200) await work.takeSetup(answer.body, answer.etag);
    }
    const { cursor, tag } = work.cursor;
    let answer;
    try {
      const since = cursor === null ? "" : `?since=${encodeURIComponent(cursor)}`;
      answer = await call("GET", `list${since}`, { token, etag: tag, clock: work.clock, time: cursor === null ? LIST_TIME : ANSWER_TIME });
    } catch (error) {
      if (error.code !== "cursor_gone") throw error;
      answer = await call("GET", "list", { token, clock: work.clock, time: LIST_TIME });
    }
    if (work.current !== device) return;
    if (answer.status === 304) await work.keepList();
    else await work.takeList(answer.body, answer.etag);
  }
}
