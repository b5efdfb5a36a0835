/** Come back with a code: the desk's unread messages, the states of each part, and ways to write. */

import { checkReceiptCode } from "../api";
import type { DeskMessage, Mailbox, MailboxView } from "../api";
import { button, h, notice, title } from "../ui/dom";
import { formatTime } from "../ui/format";
import { problemText } from "../ui/problem";
import { t } from "../ui/texts";
import type { App } from "./app";
import { sealerWait } from "./code";
import { showStep } from "./form";
import { wishForm, writeForm } from "./mailbox-write";
import { receiptControl } from "./receipt";

export function showCodeEntry(app: App): void {
  app.show(() => {
    const problem = h("p", { class: "error-text", id: "code-problem", role: "alert" });
    const state = h("div", { role: "status" });
    const input = h("input", {
      type: "text",
      id: "code-typed",
      class: "code",
      inputmode: "numeric",
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": "code-why code-problem",
    });
    const go = h("button", { class: "primary", disabled: app.sealer === null }, t("mail.open"));
    const form = h(
      "form",
      { class: "step", autocomplete: "off", novalidate: true, on: { submit: (event) => {
        event.preventDefault();
        void open();
      } } },
      h("label", { class: "label strong", for: "code-typed" }, t("mail.label")),
      h("p", { class: "why", id: "code-why" }, t("mail.why")),
      input,
      problem,
      h("div", { class: "row" }, go),
      state,
    );

    async function open(): Promise<void> {
      if (app.sealer === null || go.disabled) return;
      input.removeAttribute("aria-invalid");
      problem.textContent = "";
      go.disabled = true;
      try {
        const code = checkReceiptCode(input.value);
        state.replaceChildren(notice("info", t("mail.opening")));
        const mailbox = await app.sealer.openMailbox(code);
        const view = await mailbox.refresh();
        if (form.isConnected) new MailboxPage(app, mailbox, code, view).show();
      } catch (error) {
        state.replaceChildren();
        input.setAttribute("aria-invalid", "true");
        problem.textContent = problemText(error);
        go.disabled = false;
        input.focus();
      }
    }

    return h(
      "div",
      {},
      h("div", { class: "row" }, button(t("nav.back"), () => app.showSection("home"), { class: "quiet" })),
      title(t("mail.title")),
      ...(app.sealer === null ? sealerWait(app) : []),
      form,
    );
  });
}

/** One opened mailbox. What was confirmed or sent is kept here only as long as the page shows it. */
export class MailboxPage {
  readonly app: App;
  readonly mailbox: Mailbox;
  view: MailboxView;
  /** What she has written and not yet sent; kept while the view is built again. */
  words = "";
  /** A line said after an action: sent, erased. */
  #said: HTMLElement | null = null;
  readonly #code: string;
  /** Report ids seen in this session, with the time of receipt where it is known. */
  readonly reports = new Map<string, string | null>();
  readonly #safe = new Set<string>();

  constructor(app: App, mailbox: Mailbox, code: string, view: MailboxView) {
    this.app = app;
    this.mailbox = mailbox;
    this.#code = code;
    this.view = view;
    this.#remember();
  }

  show(): void {
    this.app.show(() => this.#build());
  }

  /** Run one request of the mailbox, then show what came back and `said`. Returns the problem's text, or null. */
  async act(request: () => Promise<MailboxView>, said: string): Promise<string | null> {
    try {
      this.view = await request();
    } catch (error) {
      return problemText(error);
    }
    this.#remember();
    this.#said = notice("good", said);
    this.show();
    this.app.announce(said);
    this.#said = null;
    return null;
  }

  #remember(): void {
    for (const { reportId, promisedAt } of this.view.promises) this.reports.set(reportId, promisedAt);
    for (const message of this.view.messages) {
      if (message.kind === "safe") this.#safe.add(message.reportId);
      if (message.kind !== "text" && !this.reports.has(message.reportId)) this.reports.set(message.reportId, null);
    }
  }

  #build(): HTMLElement {
    const { view, mailbox } = this;
    const problem = h("p", { class: "error-text", role: "alert" });
    const act = async (control: HTMLButtonElement, request: () => Promise<MailboxView>, said: string): Promise<void> => {
      control.disabled = true;
      problem.textContent = (await this.act(request, said)) ?? "";
      control.disabled = false;
    };
    const again = button(t("mail.again"), () => void act(again, () => mailbox.refresh(), t("mail.box")));
    const confirm = button(t("mail.confirm"), () => {
      void act(confirm, () => mailbox.confirm(view.messages[view.messages.length - 1]?.sequence ?? 0), t("mail.confirmed"));
    });
    return h(
      "div",
      {},
      title(t("mail.box")),
      view.alarms.length > 0 &&
        notice(
          "error",
          h("p", { class: "strong" }, t("mail.alarm")),
          h("ul", {}, ...[...new Set(view.alarms.map((alarm) => alarm.what))].map((what) => h("li", {}, t(`mail.alarm.${what}`)))),
          h("p", {}, t("mail.alarm_text")),
        ),
      this.#said,
      mailbox.serverKnewCode && notice("care", t("mail.server_knew")),
      ...view.promises.map((promise) =>
        notice("info", h("p", { class: "strong" }, t("mail.received")), h("p", {}, this.#receivedText(promise))),
      ),
      view.messages.length === 0 ? h("p", {}, t(view.found ? "mail.none" : "mail.not_found")) : h("h2", {}, t("mail.unread")),
      ...view.messages.map((message) => this.#message(message)),
      view.messages.length > 0 && h("p", { class: "why" }, t("mail.confirm_text")),
      view.more && h("p", { class: "why" }, t("mail.more")),
      problem,
      h("div", { class: "row" }, view.messages.length > 0 && confirm, again),
      view.canWrite ? writeForm(this) : view.found && h("p", { class: "muted" }, t("mail.cannot_write")),
      view.canWrite && h("div", { class: "row" }, button(t("mail.go_on"), () => this.#goOn())),
      view.canWrite && wishForm(this),
      h("div", { class: "row foot-row" }, button(t("mail.close"), () => this.#close())),
    );
  }

  /** What is safe does not lie on the server any more. */
  #receivedText({ reportId, promisedAt }: MailboxView["promises"][number]): string {
    return t(this.#safe.has(reportId) ? "mail.received_safe_text" : "mail.received_text", { time: formatTime(promisedAt) });
  }

  #message(message: DeskMessage): HTMLElement {
    const time = formatTime(message.sentAt);
    if (message.kind === "text") {
      return h("article", { class: "message" }, h("p", { class: "muted" }, t("mail.from", { time })), h("div", { translate: "no" }, message.text));
    }
    if (message.kind === "safe") {
      return notice("good", h("p", { class: "strong" }, t("mail.safe")), h("p", {}, t("mail.safe_text", { time })));
    }
    if (message.kind === "proof") {
      const words = t(message.isIndependent ? "mail.proof_text" : "mail.proof_alone", { n: message.index });
      return notice("good", h("p", { class: "strong" }, t("mail.proof")), h("p", {}, words), receiptControl(this.app, { proof: message.proof }));
    }
    const key = message.state === "filed" ? "mail.filed_text" : `mail.filed_${message.state}`;
    return notice(
      "info",
      h("p", { class: "strong" }, t("mail.filed")),
      h("p", {}, t(key, { n: message.registerNumber, time: formatTime(message.filedAt) })),
      receiptControl(this.app, { filingReceipt: message.filingReceipt }),
    );
  }

  #close(): void {
    this.holdWords("");
    this.app.close();
  }

  holdWords(words: string): void {
    this.words = words;
    this.app.hasUnsentMessage = words.trim() !== "";
    this.app.guard();
  }

  #goOn(): void {
    const last = [...this.reports.keys()].pop() ?? null;
    this.app.draft.code = this.#code;
    this.app.draft.session = this.mailbox.continueReport(last);
    showStep(this.app, "what");
  }
}
