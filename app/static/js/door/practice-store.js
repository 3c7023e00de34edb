// Passages of a practice: answered by the server as at the door, kept nowhere. The page alone remembers what was done, and
// says it each time, so that the second scan of a ticket is answered as a second one.

const ANSWER_TIME = 8000;
const MOST = 40;

export class PracticeStore extends EventTarget {
  // Fires "refused" when there was no answer.
  constructor(base, csrf) {
    super();
    this.base = base;
    this.csrf = csrf;
    this.done = [];
    this.present = 0;
  }

  get count() {
    return 0;
  }

  send() {}

  // Resolves to the server's result, or to null when there was none.
  async add(scan) {
    try {
      const answer = await fetch(`${this.base}/scans`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
        body: JSON.stringify({ scan, earlier: this.done }),
        signal: AbortSignal.timeout(ANSWER_TIME),
        redirect: "error",
      });
      if (!answer.ok) throw new Error(`practice: ${answer.status}`);
      const { result, present } = await answer.json();
      this.done = [...this.done, scan].slice(-MOST);
      this.present = present;
      return result;
    } catch {
      this.dispatchEvent(new CustomEvent("refused", { detail: 0 }));
      return null;
    }
  }
}
