// Counting a box on a phone: everything ticked at once, a line that was forgotten said before photos travel, and photos made
// smaller here, which may be added one after the other and taken away again. Without this the server does and says the same.
(() => {
  "use strict";

  const form = document.querySelector(".box-count, .box-photo");
  if (!form) return;

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

  lines.forEach((found) => found.line.addEventListener("input", () => say(found, "")));

  const input = form.querySelector("[data-photos]");
  const shown = form.querySelector("[data-photos-list]");
  const busy = form.querySelector("[data-photos-said]");
  const refused = form.querySelector("[data-photos-problem]");
  const most = Number(input.dataset.photos);
  let photos = []; // {file, name, note}
  let working = null;

  // A picture no larger than the server keeps it, as JPEG; the file itself where the browser cannot open it.
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
      return { file: drawn.size < file.size ? drawn : file, name: file.name, note: "" };
    } catch {
      return { file, name: file.name, note: input.dataset.unread };
    }
  }

  function keep() {
    const kept = new DataTransfer();
    photos.forEach((photo) => kept.items.add(photo.file));
    input.files = kept.files;
    refused.hidden = photos.length <= most;
    refused.textContent = photos.length > most ? input.dataset.tooMany : "";
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
        photos = most > 1 ? [...photos, ...made] : made;
        keep();
        busy.textContent = "";
        working = null;
      });
  });

  form.addEventListener("submit", (event) => {
    const forgotten = lines.filter((found) => !found.tick.checked && !found.number.value.trim());
    if (forgotten.length) {
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
    }
  });
})();
