/** Sending with its progress, and *received* with the receipt file and the code once more. */

import { hasCode, isIndependentlyWitnessed } from "../api";
import type { Progress, Received, Sending } from "../api";
import { button, h, notice, title } from "../ui/dom";
import { formatDuration, formatSize, formatTime } from "../ui/format";
import { problemText } from "../ui/problem";
import { saveFile } from "../ui/save";
import { language, t } from "../ui/texts";
import type { App } from "./app";
import { codeGroups } from "./code";
import { showStep } from "./form";

/** A clock further off than this is said, since people compare times. */
const CLOCK_OFF_MS = 15 * 60 * 1000;

/** Send what is there as one part. `more`: she goes on afterwards. */
export function startSending(app: App, more: boolean): void {
  const { session } = app.draft;
  if (session === null) return;
  const names = app.draft.items.map((item) => item.name);
  let progress: Progress | null = null;
  let sending: Sending;
  try {
    sending = session.send(app.draft.part(language()), (now) => {
      progress = now;
      update();
    });
  } catch (error) {
    showFailure(app, more, error, names);
    return;
  }

  const bar = h("progress", { max: 1, value: 0, "aria-label": t("send.title") });
  const words = h("p", { role: "status" });

  function update(): void {
    if (progress === null) return;
    bar.max = Math.max(1, progress.totalBytes);
    bar.value = progress.doneBytes;
    const text = progressText(progress);
    if (words.textContent !== text) words.textContent = text;
  }

  app.show(() => {
    update();
    return h(
      "div",
      {},
      title(t("send.title")),
      h("p", { class: "strong" }, t("send.keep_open")),
      bar,
      words,
      h("div", { class: "row" }, button(t("send.cancel"), () => sending.cancel())),
    );
  });

  sending.received.then(
    (received) => {
      app.draft.forgetPart(received);
      app.guard();
      showReceived(app, received, more);
    },
    (error: unknown) => {
      showFailure(app, more, error, names);
    },
  );
}

function progressText(progress: Progress): string {
  const left = progress.secondsLeft === null ? "" : `, ${t("send.left", { time: formatDuration(progress.secondsLeft) })}`;
  switch (progress.phase) {
    case "reading":
      return t("send.reading");
    case "sending":
      return t("send.sending", { done: formatSize(progress.doneBytes), total: formatSize(progress.totalBytes) }) + left;
    case "waiting":
      return t("send.waiting", { time: formatDuration(progress.retryInSeconds ?? 1) });
    case "completing":
      return t("send.completing");
  }
}

function showFailure(app: App, more: boolean, error: unknown, names: readonly string[]): void {
  const stopped = hasCode(error, "send.cancelled");
  app.show(() =>
    h(
      "div",
      {},
      title(t(stopped ? "send.stopped" : "error.title")),
      notice(stopped ? "info" : "error", h("p", {}, stopped ? t("send.cancelled") : problemText(error, names))),
      h(
        "div",
        { class: "row" },
        button(t("send.again"), () => startSending(app, more), { class: "primary" }),
        button(t("nav.to_review"), () => showStep(app, "review")),
        button(t("nav.help"), () => app.showSection("help")),
      ),
    ),
  );
}

function showReceived(app: App, received: Received, more: boolean): void {
  const clockIsOff = Math.abs(Date.parse(received.promisedAt) - Date.now()) > CLOCK_OFF_MS;
  app.show(() =>
    h(
      "div",
      {},
      title(t("sent.title")),
      notice("good", h("p", {}, more ? t("sent.part_text") : t("sent.text")), h("p", { class: "strong" }, t("sent.at", { time: formatTime(received.promisedAt) }))),
      clockIsOff && notice("info", t("sent.clock")),
      app.card !== null && h("p", {}, t("sent.next"), " ", h("b", {}, app.card.reading_interval.text[language()])),
      app.draft.code !== null && h("h2", {}, t("sent.code")),
      app.draft.code !== null && codeGroups(app.draft.code),
      h("h2", {}, t("sent.receipt")),
      h("p", {}, t("sent.receipt_text")),
      app.card !== null && !isIndependentlyWitnessed(app.card) && h("p", { class: "why" }, t("before.limit_witness")),
      h("div", { class: "row" }, button(t("sent.receipt_save"), () => saveFile(received.receiptFile))),
      h(
        "div",
        { class: "row foot-row" },
        button(t("sent.more"), () => showStep(app, "what"), { class: more ? "primary" : "" }),
        button(t("sent.leave"), () => app.leave(), { class: more ? "" : "primary" }),
      ),
    ),
  );
}
