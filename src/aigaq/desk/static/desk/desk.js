// The desk's one script. Every action is also a plain form or link: without this file nothing is
// lost but keys, the calm viewer's second click and the menu that closes by itself.
"use strict";

(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("desk") : null;

  // The lock: Ctrl+Alt+L, or the button. The page goes blank before the server answers, and every
  // other tab of the desk goes with it.
  const lock = one("[data-lock]");
  const blank = () => {
    document.documentElement.classList.add("locking");
    document.title = "…";
    all("audio, video").forEach((player) => player.pause());
  };
  if (lock) {
    lock.addEventListener("submit", (event) => {
      blank();
      if (window.deskSaveDrafts && !lock.dataset.saved) {
        // What was typed a moment ago is kept first; the page is blank already.
        event.preventDefault();
        lock.dataset.saved = "yes";
        tabs?.postMessage("save");
        // In a task of its own: a form that is being submitted ignores a second order.
        window.deskSaveDrafts().finally(() => setTimeout(() => {
          delete lock.dataset.sent;
          lock.requestSubmit();
        }));
        return;
      }
      tabs?.postMessage("locked");
    });
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey && event.altKey && event.code === "KeyL") {
        event.preventDefault();
        lock.requestSubmit();
      }
    });
    tabs?.addEventListener("message", (event) => {
      if (event.data === "save") window.deskSaveDrafts?.();
      if (event.data === "locked") {
        blank();
        setTimeout(() => location.reload(), 1500);
      }
    });
  }
  // An open page asks now and then whether the desk is still open, and goes blank when it is not.
  // While someone types or moves the mouse the question counts as work, so that a long letter is
  // not lost to the idle lock; else it says that it is only a poll. Three unanswered ones: blank.
  const stateUrl = document.body.dataset.state;
  if (stateUrl) {
    const period = 20_000;
    let busy = false;
    let unanswered = 0;
    ["keydown", "pointermove", "pointerdown", "wheel"].forEach((kind) =>
      document.addEventListener(kind, () => { busy = true; }, { passive: true }));
    // A minute before the idle lock a line says so; whoever moves sees it go.
    const soon = one("[data-lock-soon]");
    const warn = (seconds) => {
      const text = seconds <= 80 ? soon.dataset.lockSoon : "";
      if (soon.textContent !== text) soon.textContent = text;
    };
    ["keydown", "pointermove", "pointerdown"].forEach((kind) =>
      document.addEventListener(kind, () => {
        if (!soon.textContent) return;
        soon.textContent = "";
        ask();
      }, { passive: true }));
    const ask = async () => {
      const headers = busy ? {} : { "Aigaq-Poll": "1" };
      busy = false;
      try {
        const answer = await fetch(stateUrl, { headers, redirect: "manual", cache: "no-store" });
        unanswered = 0;
        if (answer.status === 204) {
          warn(Number(answer.headers.get("Aigaq-Locks-In")));
          return;
        }
      } catch {
        unanswered += 1;
        if (unanswered < 3) return;
      }
      blank();
      location.reload();
    };
    setInterval(ask, period);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) ask();
    });
  }
  // A page kept by the browser for "back" is asked for again: the desk may be locked by now.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // Menus close by Escape and by a click elsewhere.
  document.addEventListener("click", (event) => {
    all("[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("[data-menu][open]").forEach((menu) => {
      menu.open = false;
      one("summary", menu).focus();
    });
  });

  // Keys of a list: j and k walk, Enter opens, / searches. Not while someone types.
  const rows = all("[data-row]");
  let at = -1;
  const walk = (to) => {
    if (!rows.length) return;
    at = Math.max(0, Math.min(rows.length - 1, to));
    rows.forEach((row, index) => row.toggleAttribute("data-selected", index === at));
    one("a", rows[at]).focus();
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
    const inside = rows.findIndex((row) => row.contains(document.activeElement));
    if (inside >= 0) at = inside;
    if (event.code === "KeyJ") walk(at + 1);
    else if (event.code === "KeyK") walk(at - 1);
    else if (event.key === "/" && one("[data-search]")) {
      event.preventDefault();
      one("[data-search]").focus();
    }
  });

  // The calm viewer: grey, muted and small until someone asks to see, and back again.
  all("[data-calm]").forEach((calm) => {
    const button = one("[data-calm-toggle]", calm);
    if (!button) return;
    button.hidden = false;
    const words = one("[data-calm-words]", button);
    button.addEventListener("click", () => {
      const seen = calm.classList.toggle("calm-seen");
      button.setAttribute("aria-pressed", String(seen));
      words.textContent = seen ? button.dataset.back : button.dataset.see;
    });
    calm.addEventListener("toggle", () => {
      if (calm.open) return;
      calm.classList.remove("calm-seen");
      button.setAttribute("aria-pressed", "false");
      words.textContent = button.dataset.see;
      all("audio, video", calm).forEach((player) => player.pause());
    });
  });

  // A package that is being made: its page asks how far it is, and comes again when it is done.
  const progress = one("[data-progress]");
  if (progress) {
    const ask = async () => {
      try {
        const headers = { "Aigaq-Poll": "1" };
        const answer = await fetch(progress.dataset.progress, { headers, cache: "no-store" });
        const state = await answer.json();
        if (state.done) return location.reload();
        one("progress", progress).value = state.percent;
        const words = one("[data-progress-words]", progress);
        if (words.textContent !== state.words) words.textContent = state.words;
        const stages = all("[data-stage]", progress);
        const now = stages.findIndex((stage) => stage.dataset.stage === state.stage);
        stages.forEach((stage, index) => {
          stage.className = index === now ? "is-now" : index < now ? "is-done" : "is-later";
        });
      } catch {
        // The desk was locked, or is busy: the page's other question sees to that.
      }
      setTimeout(ask, 1500);
    };
    setTimeout(ask, 800);
  }

  // A form is sent once, however often the button is pressed.
  all("form[method=post]:not([data-again])").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  });

  // After an error the focus goes to what went wrong.
  one("[data-focus]")?.focus();
})();
