// Counting a box on a phone: everything ticked at once, a line that was forgotten said before photos travel, and photos made
// smaller here, which may be added one after the other and taken away again. A count is sent from the page, which stays as it
// is, with all that was typed, while there is no network. Without this the server does and says the same, the last excepted.
(() => {
  "use strict";

  const LONGEST = 180000; // ms for four photos on a slow line

  function begin(form) {
    const lines = [...form.querySelectorAll("[data-count-line]")].map((line) => ({
      line,
      tick: line.querySelector("[type=checkbox]"),
      number: line.querySelector(".form-control"),
      problem: line.querySelector("[data-count-problem]"),
    }));

    function say(found, text) {
      found.line.classList.toggle("has-error", Boolean(text));
      found.problem.hidden = !text;
      found.problem.querySelector("span").textContent = text;
    }

    const all = form.querySelector("[data-all-there]");
    if (all) {
      all.addEventListener("click", (event) => {
        event.preventDefault();
        lines.forEach((found) => {
          if (found.number.value.trim()) return;
          found.tick.checked = true;
          say(found, "");
        });
        const said = form.querySelector("[data-all-said]");
        said.textContent = said.dataset.allSaid;
      });
    }

    lines.forEach((found) => found.line.addEventListener("input", (event) => {
      say(found, "");
      if (event.target === found.number) found.line.querySelector("[data-count-sure]")?.remove(); // another number is asked about anew
    }));

    const input = form.querySelector("[data-photos]");
    const shown = form.querySelector("[data-photos-list]");
    const busy = form.querySelector("[data-photos-said]");
    const refused = form.querySelector("[data-photos-problem]");
    const most = Number(input.dataset.photos);
    let photos = []; // {file, name, note}
    let unfit = []; // names
    let working = null;
    let sending = false;

    // Whether a file is JPEG, PNG or WebP, by how it begins: its name and its type may say anything.
    async function fits(file) {
      const bytes = new Uint8Array(await file.slice(0, 12).arrayBuffer());
      return /^(\xff\xd8\xff|\x89PNG|RIFF[^]{4}WEBP)/.test(String.fromCharCode(...bytes));
    }

    // A picture no larger than the server keeps it, as JPEG; where the browser cannot open it the file itself, if the server may.
    async function smaller(file) {
      try {
        const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
        const scale = Math.min(1, Number(input.dataset.side) / Math.max(picture.width, picture.height));
        const canvas = document.createElement("canvas");
        canvas.width = Math.max(1, Math.round(picture.width * scale));
        canvas.height = Math.max(1, Math.round(picture.height * scale));
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        picture.close();
        const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.82); });
        if (!blob) throw new Error("no picture");
        const name = `${file.name.replace(/\.[^.]*$/, "")}.jpg`;
        const drawn = new File([blob], name, { type: "image/jpeg" });
        const keeps = drawn.size >= file.size && await fits(file);
        return { file: keeps ? file : drawn, name: file.name, note: "" };
      } catch {
        const taken = await fits(file).catch(() => false);
        return { file: taken ? file : null, name: file.name, note: input.dataset.unread };
      }
    }

    function keep() {
      const kept = new DataTransfer();
      photos.forEach((photo) => kept.items.add(photo.file));
      input.files = kept.files;
      const said = unfit.map((name) => input.dataset.unfit.replace("{name}", name));
      if (photos.length > most) said.push(input.dataset.tooMany);
      refused.hidden = !said.length;
      refused.textContent = said.join(" ");
      shown.replaceChildren(...photos.map((photo, at) => {
        const item = document.createElement("li");
        const text = document.createElement("span");
        text.textContent = photo.note ? `${photo.name} – ${photo.note}` : photo.name;
        const away = document.createElement("button");
        away.type = "button";
        away.className = "btn btn-tertiary";
        away.textContent = input.dataset.takeAway.replace("{name}", photo.name);
        away.addEventListener("click", () => {
          photos.splice(at, 1);
          unfit = [];
          keep();
          input.focus();
        });
        item.append(text, away);
        return item;
      }));
    }

    input.addEventListener("change", () => {
      const added = [...input.files];
      busy.textContent = input.dataset.busy;
      working = (working || Promise.resolve())
        .then(() => Promise.all(added.map(smaller)))
        .then((made) => {
          const fit = made.filter((photo) => photo.file);
          unfit = made.filter((photo) => !photo.file).map((photo) => photo.name);
          if (most > 1) photos = [...photos, ...fit];
          else if (fit.length) photos = fit;
          keep();
          busy.textContent = "";
          working = null;
        });
    });

    const state = form.querySelector("[data-send]");
    const way = form.querySelector("[data-send-way]");
    window.addEventListener("pageshow", () => { sending = false; });

    // The page stays until the server answered: what is written leads to the loan, what is to be corrected is shown in its place.
    async function send(by) {
      sending = true;
      state.hidden = true;
      way.textContent = way.dataset.sendWay;
      let answer = null;
      let text = "";
      try {
        const signal = AbortSignal.timeout?.(LONGEST);
        answer = await fetch(form.action, { method: "POST", body: new FormData(form, by), redirect: "manual", signal });
        if (answer.status === 422) text = await answer.text();
      } catch {
        answer = null;
      }
      if (answer && answer.type === "opaqueredirect") {
        window.location.assign(state.dataset.then);
        return;
      }
      sending = false;
      way.textContent = "";
      if (!answer || answer.status >= 500) {
        const why = answer ? "server" : "network";
        state.querySelectorAll("[data-why]").forEach((text) => { text.hidden = text.dataset.why !== why; });
        state.hidden = false;
      } else if (!show(text)) {
        form.submit(); // nothing was written: the browser shows what it is
      }
    }

    form.addEventListener("submit", (event) => {
      const forgotten = lines.filter((found) => !found.tick.checked && !found.number.value.trim());
      if (sending) {
        event.preventDefault();
      } else if (forgotten.length) {
        event.preventDefault();
        forgotten.forEach((found) => say(found, found.problem.dataset.countProblem));
        forgotten[0].tick.focus();
      } else if (photos.length > most) {
        event.preventDefault();
        input.focus();
      } else if (working) {
        event.preventDefault();
        const by = event.submitter;
        working.then(() => form.requestSubmit(by));
      } else if (state) {
        event.preventDefault();
        send(event.submitter);
      }
    });
  }

  // The same page as the server answered it. False where it is none.
  function show(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const form = page.querySelector(".box-count");
    if (!form) return false;
    document.title = page.title;
    document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
    begin(form);
    document.querySelector("[data-focus]")?.focus();
    return true;
  }

  const first = document.querySelector(".box-count, .box-photo");
  if (first) begin(first);
})();
