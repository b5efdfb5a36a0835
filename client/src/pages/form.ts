/** The form, one step at a time; nothing in it must be answered. */

import { button, h, title } from "../ui/dom";
import { t } from "../ui/texts";
import type { App, View } from "./app";
import { codeStep } from "./code";
import { consentStep } from "./consents";
import { filesStep } from "./files";
import { questionField } from "./question";
import { QUESTIONS, STEPS } from "./questions";
import { reviewStep } from "./review";

/** Show the step of this name. `back` says that she came from the review and wants to return there. */
export function showStep(app: App, name: string, fromReview = false): void {
  app.show(stepView(app, name, fromReview));
}

function stepView(app: App, name: string, fromReview: boolean): View {
  return () => {
    const place = STEPS.indexOf(name);
    const go = (to: number): void => {
      const next = STEPS[to];
      if (next === undefined) app.showSection(to < 0 ? "before" : "home");
      else showStep(app, next);
    };
    const body = stepBody(app, name, () => (fromReview ? showStep(app, "review") : go(place + 1)));
    const forward = fromReview
      ? [button(t("nav.to_review"), () => showStep(app, "review"), { class: "primary" })]
      : [button(t("nav.on"), () => go(place + 1), { class: "primary" }), button(t("nav.finish"), () => showStep(app, "review"))];
    const ownButtons = name === "review" || name === "code";
    return h(
      "div",
      {},
      h("div", { class: "row" }, button(t("nav.back"), () => (fromReview ? showStep(app, "review") : go(place - 1)), { class: "quiet" })),
      h("p", { class: "why" }, t("nav.step", { n: place + 1, m: STEPS.length })),
      title(t(`step.${name}`)),
      QUESTIONS.some((question) => question.step === name) && h("p", { class: "why" }, t("ui.optional")),
      ...body,
      !ownButtons && h("div", { class: "row foot-row" }, ...forward),
    );
  };
}

function stepBody(app: App, name: string, onward: () => void): readonly (HTMLElement | null)[] {
  if (name === "consent") return consentStep(app);
  if (name === "files") return filesStep(app);
  if (name === "code") return codeStep(app, onward);
  if (name === "review") return reviewStep(app, (step) => showStep(app, step, true));
  return QUESTIONS.filter((question) => question.step === name).map((question) => questionField(app, question));
}
