// Keeps what is typed into a marked form in the desk's encrypted database, and gives it back. The
// browser itself keeps nothing. Without this file a form works as ever.
"use strict";

(() => {
  const QUIET = 2_000;
  const savers = [];
  document.querySelectorAll("[data-draft]").forEach((mark) => {
    const form = mark.closest("form");
    const url = mark.dataset.draft;
    const token = form.elements.csrfmiddlewaretoken.value;
    // Only what stands in the form itself: fields of other steps, such as a code, may name it.
    const fields = () => [...form.elements].filter((one) =>
      one.name && form.contains(one) && !["hidden", "file", "password", "submit", "button"].includes(one.type));
    const isOn = (one) => !["checkbox", "radio"].includes(one.type) || one.checked;
    let timer = 0;
    let changed = false;
    let aborter = null;
    const post = (body) => {
      aborter?.abort();
      aborter = new AbortController();
      return fetch(url, {
        method: "POST", body, cache: "no-store", redirect: "manual", signal: aborter.signal,
        headers: { "X-CSRFToken": token, "Aigaq-Poll": "1" },
      });
    };
    const save = async () => {
      clearTimeout(timer);
      if (!changed || form.dataset.sent) return;
      changed = false;
      const body = new URLSearchParams();
      fields().filter(isOn).forEach((one) => body.append(one.name, one.value));
      try {
        const answer = await post(body);
        if (answer.status !== 204) changed = true;
      } catch {
        changed = true;
      }
    };
    const note = () => {
      changed = true;
      clearTimeout(timer);
      timer = setTimeout(save, QUIET);
    };
    form.addEventListener("input", note);
    form.addEventListener("change", note);
    form.addEventListener("submit", () => {
      clearTimeout(timer);
      aborter?.abort();
    });
    document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
    savers.push(save);

    const untouched = fields().every((one) =>
      one.defaultValue === undefined || ["checkbox", "radio"].includes(one.type) || !one.defaultValue);
    const restore = async () => {
      const answer = await fetch(url, { headers: { "Aigaq-Poll": "1" }, cache: "no-store", redirect: "manual" });
      if (answer.status !== 200 || changed) return;
      const kept = (await answer.json()).fields;
      fields().forEach((one) => {
        const values = kept[one.name] || [];
        if (["checkbox", "radio"].includes(one.type)) one.checked = values.includes(one.value);
        else if (values.length) one.value = values[0];
      });
      mark.firstElementChild.hidden = false;
    };
    // A page that shows what was just posted, with its errors, is newer than any draft.
    if (untouched) restore().catch(() => {});
    else note();
    mark.querySelector("[data-draft-away]").addEventListener("click", async () => {
      clearTimeout(timer);
      changed = false;
      try {
        await post(new URLSearchParams({ "throw-away": "1" }));
      } catch {
        return;
      }
      form.reset();
      mark.firstElementChild.hidden = true;
    });
  });
  // The lock waits for this, for a moment.
  window.deskSaveDrafts = () => Promise.race([
    Promise.all(savers.map((save) => save())),
    new Promise((done) => { setTimeout(done, 1_500); }),
  ]);
})();
