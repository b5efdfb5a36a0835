/** Writing from the mailbox: words, and the wishes to withdraw, limit or delete; each with a picture of the quiet sign. */

import type { Sign } from "../api";
import { h, notice } from "../ui/dom";
import { formatTime } from "../ui/format";
import { SIGNS, signTile } from "../ui/signs";
import { t } from "../ui/texts";
import type { MailboxPage } from "./mailbox";

type Wish = "consents" | "limit" | "withdraw" | "delete";
const WISHES: readonly Wish[] = ["consents", "limit", "withdraw", "delete"];

interface SignField {
  readonly element: HTMLElement;
  readonly value: () => Sign | null;
}

/** Always the same six tiles in the same order, none chosen before. */
function signField(name: string): SignField {
  const inputs = SIGNS.map((sign) => h("input", { type: "radio", name, value: sign, autocomplete: "off" }));
  const tiles = inputs.map((input, place) => signTile(SIGNS[place] ?? "a", input));
  return {
    element: h("fieldset", { class: "field" }, h("legend", {}, t("mail.sign")), h("p", { class: "why" }, t("mail.sign_why")), h("div", { class: "signs" }, ...tiles)),
    value: () => SIGNS.find((_, place) => inputs[place]?.checked === true) ?? null,
  };
}

/** A form that sends once: a second press while it is under way does nothing. */
function sendingForm(label: string, fields: readonly HTMLElement[], send: () => Promise<string | null>): HTMLElement {
  const problem = h("div", { role: "alert" });
  const go = h("button", { class: "primary" }, label);
  return h(
    "form",
    { class: "step", autocomplete: "off", novalidate: true, on: { submit: (event) => {
      event.preventDefault();
      void submit();
    } } },
    ...fields,
    problem,
    h("div", { class: "row" }, go),
  );

  async function submit(): Promise<void> {
    if (go.disabled) return;
    go.disabled = true;
    problem.replaceChildren();
    const failed = await send();
    if (failed !== null) problem.replaceChildren(notice("error", failed));
    go.disabled = false;
  }
}

export function writeForm(page: MailboxPage): HTMLElement {
  const sign = signField("sign-text");
  const words = h("textarea", { id: "mail-words", rows: 5, autocomplete: "off", on: { input: () => page.holdWords(words.value) } });
  words.value = page.words;
  const form = sendingForm(t("mail.send"), [h("div", { class: "field" }, h("label", { for: "mail-words" }, t("mail.write_label")), words), sign.element], async () => {
    const text = words.value.trim();
    const chosen = sign.value();
    if (text === "") return t("mail.nothing");
    if (chosen === null) return t("mail.sign_missing");
    if (new TextEncoder().encode(text).length > page.mailbox.maxTextBytes) return t("error.message.too_long");
    return page.act(async () => {
      const view = await page.mailbox.write(text, chosen);
      page.holdWords("");
      return view;
    }, t("mail.sent"));
  });
  return h("section", { "aria-labelledby": "write-title" }, h("h2", { id: "write-title" }, t("mail.write")), form);
}

export function wishForm(page: MailboxPage): HTMLElement {
  const reports = [...page.reports];
  return h("details", {}, h("summary", {}, t("mail.change")), h("p", {}, t("mail.change_text")), wishFields(page, reports));
}

function wishFields(page: MailboxPage, reports: readonly (readonly [string, string | null])[]): HTMLElement {
  const sign = signField("sign-wish");
  const which = h(
    "select",
    { id: "wish-report", autocomplete: "off" },
    h("option", { value: "" }, t("mail.all_reports")),
    ...reports.map(([id, time], place) => h("option", { value: id }, time === null ? String(place + 1) : `${place + 1}: ${t("mail.report_of", { time: formatTime(time) })}`)),
  );
  const inputs = WISHES.map((wish) => h("input", { type: "radio", name: "wish", value: wish, autocomplete: "off" }));
  const wishes = h(
    "fieldset",
    { class: "field" },
    h("legend", {}, t("mail.action")),
    ...WISHES.map((wish, place) => h("label", { class: "choice" }, inputs[place] ?? null, h("span", {}, t(`mail.action.${wish}`)))),
  );
  const fields = [h("div", { class: "field" }, h("label", { for: "wish-report" }, t("mail.which")), which), wishes, sign.element];
  return sendingForm(t("mail.action_send"), fields, async () => {
    const wish = WISHES.find((_, place) => inputs[place]?.checked === true);
    const chosen = sign.value();
    if (wish === undefined) return t("mail.action");
    if (chosen === null) return t("mail.sign_missing");
    const report = which.value === "" ? null : which.value;
    const request =
      wish === "consents"
        ? () => page.mailbox.withdrawConsents(report, null, chosen)
        : () => page.mailbox.request(wish, report, chosen);
    return page.act(request, t("mail.action_sent"));
  });
}
