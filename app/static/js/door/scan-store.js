// Scans on this phone, kept until the server has acknowledged each: in memory and in localStorage, so that a closed page,
// an empty battery or a lost network loses none. The server knows each by its UUID, so sending one twice counts it once.

const BATCH = 100;
const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 30000;
const ANSWER_TIME = 8000;

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // not over HTTPS: randomUUID is not there (RFC 9562, 5.4)
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export class ScanStore extends EventTarget {
  // Fires "change" when scans were kept or sent, and "refused" with the HTTP status when the server will take none.
  constructor(slug, key) {
    super();
    this.address = `/api/v1/events/${encodeURIComponent(slug)}/scans`;
    this.key = key;
    this.shelf = `parcours-scans-${slug}`;
    this.scans = this.#read();
    this.waiting = new Map();
    this.pause = FIRST_PAUSE;
    this.sending = false;
    this.offline = false;
    this.stopped = 0;
    this.device = this.#device();
    window.addEventListener("online", () => this.send());
  }

  get count() {
    return this.scans.length;
  }

  // Keep a scan and send it. Resolves to the server's result, or to null when it is kept for later.
  add(scan) {
    this.scans.push(scan);
    this.#write();
    return new Promise((resolve) => {
      this.waiting.set(scan.id, resolve);
      this.send();
    });
  }

  async send() {
    if (this.sending || this.stopped) {
      if (this.stopped) this.#release();
      return;
    }
    this.sending = true;
    window.clearTimeout(this.timer);
    try {
      while (this.scans.length) await this.#sendBatch(this.scans.slice(0, BATCH));
      this.offline = false;
      this.pause = FIRST_PAUSE;
    } catch {
      this.offline = true;
      this.#release();
      if (!this.stopped) {
        this.timer = window.setTimeout(() => this.send(), this.pause);
        this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
      }
    } finally {
      this.sending = false;
      this.#changed();
    }
  }

  async #sendBatch(batch) {
    const answer = await fetch(this.address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${this.key}` },
      body: JSON.stringify({ device: this.device, scans: batch }),
      signal: AbortSignal.timeout(ANSWER_TIME),
      credentials: "omit",
    });
    if (answer.status === 401 || answer.status === 403 || answer.status === 404 || answer.status === 409) {
      this.stopped = answer.status; // trying again would not help: the page says what does
      this.dispatchEvent(new CustomEvent("refused", { detail: answer.status }));
    }
    if (!answer.ok) throw new Error(`scans: ${answer.status}`);
    const { results } = await answer.json();
    const sent = new Set(batch.map((scan) => scan.id));
    this.scans = this.scans.filter((scan) => !sent.has(scan.id));
    this.#write();
    for (const result of results) {
      const resolve = this.waiting.get(result.id);
      this.waiting.delete(result.id);
      if (resolve) resolve(result);
    }
  }

  // Nobody at the door waits for a network: those who asked are told that their scan is kept.
  #release() {
    for (const resolve of this.waiting.values()) resolve(null);
    this.waiting.clear();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  #read() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.shelf) || "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }

  #write() {
    try {
      localStorage.setItem(this.shelf, JSON.stringify(this.scans));
    } catch {
      // a full or forbidden storage: memory still holds them while the page is open
    }
    this.#changed();
  }

  #device() {
    const shelf = "parcours-device";
    try {
      const known = localStorage.getItem(shelf) || `phone-${uuid().slice(0, 8)}`;
      localStorage.setItem(shelf, known);
      return known;
    } catch {
      return `phone-${uuid().slice(0, 8)}`;
    }
  }
}
