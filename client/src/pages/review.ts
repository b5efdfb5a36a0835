/** Look it over: every answer with *Change*, the fingerprint of the organisation, and the ways to send. */

import { isOfflinePage } from "../api";
import { button, h, notice } from "../ui/dom";
import { formatSize } from "../ui/format";
import { problemText } from "../ui/problem";
import { saveFile } from "../ui/save";
import { language, t } from "../ui/texts";
import type { App } from "./app";
import { sealerWait } from "./code";
import { CONSENTS, QUESTIONS } from "./questions";
import type { Question } from "./questions";
import { startSending } from "./sending";

export function reviewStep(app: App, change: (step: string) => void): readonly (HTMLElement | null)[] {
  const answered = QUESTIONS.filter((question) => hasAnswer(app, question));
  const open = [...new Set(QUESTIONS.filter((question) => !hasAnswer(app, question)).map((question) => question.step))];
  const files = app.draft.items.filter((item) => item.source !== "answer");
  const granted = CONSENTS.filter((row) => row.needed || app.draft.granted.has(row.purpose));
  return [
    app.card?.state === "trial" ? h("p", { class: "notice trial" }, t("trial.notice")) : null,
    h("p", {}, t("review.lead")),
    h(
      "dl",
      { class: "answers" },
      ...answered.map((question) => entry(t(`q.${question.id}.label`), shownAnswer(app, question), changeButton(t(`q.${question.id}.label`), () => change(question.step)))),
      entry(t("review.consents"), granted.map((row) => t(`consent.${row.purpose}`)).join("\n"), changeButton(t("review.consents"), () => change("consent"))),
      entry(
        t("review.files"),
        files.length === 0 ? t("files.none") : t("files.total", { n: files.length, size: formatSize(files.reduce((sum, item) => sum + item.content.size, 0)) }),
        changeButton(t("review.files"), () => change("files")),
      ),
    ),
    open.length > 0 ? h("details", {}, h("summary", {}, t("review.none")), h("div", { class: "row" }, ...open.map((step) => button(t(`step.${step}`), () => change(step))))) : null,
    fingerprint(app),
    ...sendControls(app, change),
  ];
}

function changeButton(what: string, onClick: () => void): HTMLElement {
  return button(t("review.change", { what: "" }).replace(/[:\s]+$/u, ""), onClick, { class: "quiet", "aria-label": t("review.change", { what }) });
}

function entry(term: string, value: string, control: HTMLElement): HTMLElement {
  return h("div", {}, h("dt", {}, term), h("dd", { translate: "no" }, value), h("dd", {}, control));
}

function hasAnswer(app: App, question: Question): boolean {
  return app.draft.answers.has(question.number) || app.draft.voiceAnswers(question.number).length > 0;
}

function shownAnswer(app: App, question: Question): string {
  const value = app.draft.answers.get(question.number);
  const voices = app.draft.voiceAnswers(question.number).map((item) => `${t("review.voice")}, ${formatSize(item.content.size)}`);
  if (value === undefined) return voices.join("\n");
  if (question.id === "quiet_sign") return t("review.sign");
  const isTiles = question.options !== undefined;
  const text = isTiles ? value.split(" ").map((option) => t(`q.${question.id}.o.${option}`)).join("\n") : value;
  return [text, ...voices].join("\n");
}

function fingerprint(app: App): HTMLElement | null {
  if (app.sealer === null) return null;
  const words = app.sealer.fingerprint.map(({ word, digits }) => h("li", { lang: "en" }, `${word} ${digits}`));
  return h(
    "section",
    { "aria-labelledby": "print-title" },
    h("h2", { id: "print-title" }, t("review.print_title")),
    h("p", {}, t("review.print_text", { name: app.sealer.card.names[language()] })),
    h("ol", { class: "words" }, ...words),
  );
}

function sendControls(app: App, change: (step: string) => void): readonly HTMLElement[] {
  const state = h("div", { role: "status" });
  const ready = app.sealer !== null && app.draft.session !== null;
  const send = button(t("review.send"), () => begin(false), { class: "primary", disabled: !ready });
  const part = button(t("review.send_part"), () => begin(true), { disabled: !ready });
  const file = button(t("review.file"), () => void save(), { disabled: !ready });

  function begin(more: boolean): void {
    if (!app.draft.hasContent()) {
      state.replaceChildren(notice("error", t("review.empty")));
      return;
    }
    send.disabled = part.disabled = file.disabled = true;
    startSending(app, more);
  }

  async function save(): Promise<void> {
    if (!app.draft.hasContent() || app.draft.session === null) {
      state.replaceChildren(notice("error", t("review.empty")));
      return;
    }
    file.disabled = true;
    state.replaceChildren(notice("info", t("send.reading")));
    try {
      const saved = await app.draft.session.saveSealedFile(app.draft.part(language()), () => undefined);
      saveFile(saved);
      state.replaceChildren(notice("good", t("review.file_saved", { name: saved.name })));
    } catch (error) {
      state.replaceChildren(notice("error", problemText(error, app.draft.items.map((item) => item.name))));
    }
    file.disabled = false;
  }

  const missing: HTMLElement[] = [];
  if (app.sealer === null) {
    missing.push(...(app.sealerProblem === null ? [notice("info", t("review.not_ready"))] : []), ...sealerWait(app).slice(app.sealerProblem === null ? 1 : 0));
  } else if (app.draft.session === null) {
    missing.push(notice("info", h("p", {}, t("review.no_code")), button(t("step.code"), () => change("code"), { class: "primary" })));
  }
  if (isOfflinePage(document)) return [...missing, h("p", {}, t("review.file_text")), file, state];
  return [
    ...missing,
    h("div", { class: "tiles foot-row" }, send, part),
    state,
    h("details", {}, h("summary", {}, t("review.file")), h("p", {}, t("review.file_text")), file),
  ];
}
