/** One question: label, why it is asked, a way to hear it, its field, and an answer by voice. */

import { button, h, notice } from "../ui/dom";
import { formatSize } from "../ui/format";
import { canRecord, recorder } from "../ui/record";
import { SIGNS, signTile } from "../ui/signs";
import { listenButton } from "../ui/speak";
import { t } from "../ui/texts";
import type { App } from "./app";
import type { Question } from "./questions";

export function questionField(app: App, question: Question): HTMLElement {
  const label = t(`q.${question.id}.label`);
  const why = t(`q.${question.id}.why`);
  const whyId = `why-${question.number}`;
  const explanation = h("p", { class: "why", id: whyId }, why);
  const listen = listenButton(`${label} ${why}`);
  if (question.kind === "one" || question.kind === "many") {
    return h(
      "fieldset",
      { class: "field", "aria-describedby": whyId },
      h("legend", {}, label),
      explanation,
      listen,
      tiles(app, question),
      question.kind === "one" && button(t("ui.clear"), () => setAndRebuild(app, question, ""), { class: "quiet clear" }),
      caution(app, question),
    );
  }
  const id = `q-${question.number}`;
  const properties = {
    id,
    autocomplete: "off",
    "aria-describedby": whyId,
    on: {
      input: (event: Event) => {
        app.draft.setAnswer(question.number, (event.target as HTMLInputElement).value);
        app.guard();
      },
    },
  };
  const field = question.kind === "long" ? h("textarea", { rows: 4, ...properties }) : h("input", { type: "text", ...properties });
  field.value = app.draft.answers.get(question.number) ?? "";
  return h("div", { class: "field" }, h("label", { for: id }, label), explanation, listen, field, question.voice === true && voice(app, question));
}

function tiles(app: App, question: Question): HTMLElement {
  const chosen = new Set((app.draft.answers.get(question.number) ?? "").split(" "));
  const place = h("div", { class: question.id === "quiet_sign" ? "signs" : "" });
  for (const option of question.options ?? []) {
    const input = h("input", {
      type: question.kind === "one" ? "radio" : "checkbox",
      name: `q-${question.number}`,
      value: option,
      autocomplete: "off",
      checked: chosen.has(option),
      on: {
        change: () => {
          const values = [...place.querySelectorAll<HTMLInputElement>("input")].filter((each) => each.checked).map((each) => each.value);
          app.draft.setAnswer(question.number, values.join(" "));
          app.guard();
        },
      },
    });
    const sign = question.id === "quiet_sign" ? SIGNS.find((each) => each === option) : undefined;
    place.append(sign === undefined ? h("label", { class: "choice" }, input, h("span", {}, t(`q.${question.id}.o.${option}`))) : signTile(sign, input));
  }
  return place;
}

function setAndRebuild(app: App, question: Question, value: string): void {
  app.draft.setAnswer(question.number, value);
  app.rebuild();
}

const CAUTIONS: Readonly<Record<string, { readonly values: readonly string[]; readonly text: string }>> = {
  age_band: { values: ["under_14", "14_15", "16_17"], text: "care.child" },
  safe_now: { values: ["no", "unsure"], text: "care.danger" },
};

/** What must be said as soon as she chose: under 18, or not safe. It stands there before it is filled, so that it is announced. */
function caution(app: App, question: Question): HTMLElement | null {
  const rule = CAUTIONS[question.id];
  if (rule === undefined) return null;
  const place = h("div", { role: "status" });
  const update = (): void => {
    const shown = rule.values.includes(app.draft.answers.get(question.number) ?? "");
    place.replaceChildren(...(shown ? [notice("care", h("p", {}, t(rule.text)))] : []));
  };
  update();
  document.addEventListener("change", update);
  app.onLeave(() => document.removeEventListener("change", update));
  return place;
}

function voice(app: App, question: Question): HTMLElement | null {
  const recorded = app.draft.voiceAnswers(question.number).map((item) => {
    const url = URL.createObjectURL(item.content);
    app.onLeave(() => URL.revokeObjectURL(url));
    return h(
      "div",
      { class: "row" },
      h("span", {}, t("rec.done", { size: formatSize(item.content.size) })),
      h("audio", { controls: true, src: url, "aria-label": t("rec.done", { size: formatSize(item.content.size) }) }),
      button(t("ui.remove"), () => {
        app.draft.remove(item);
        app.rebuild();
      }),
    );
  });
  if (!canRecord() && recorded.length === 0) return null;
  const control = canRecord()
    ? recorder("voice", t("rec.answer"), ({ content, type, suffix }) => {
        app.draft.addVoiceAnswer(question.number, content, type, suffix);
        app.rebuild();
      }, (stop) => app.onLeave(stop))
    : null;
  return h("div", { class: "field" }, ...recorded, control, question.id === "what_happened" && h("p", { class: "why" }, t("rec.voice_heard")));
}
