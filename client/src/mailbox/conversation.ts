/** A mailbox opened with its code: reading, confirming and writing (the API's `Mailbox`). */

import type { Mailbox, MailboxView, ReportSession, Sign } from "../api";
import { ClientError } from "../errors";
import { type Bytes, isEqual, utf8, wellFormed } from "../protocol/bytes";
import type { JsonObject } from "../protocol/canonical-json";
import type { VerifiedCard } from "../protocol/card";
import { headAfter, type Heads, MOST_TEXT_BYTES, sealMessage } from "../protocol/message";
import type { MailboxKeys } from "../protocol/receipt-code";
import { Line } from "../upload/line";
import { Session } from "../upload/session";
import { type Reading, readAnswer } from "./reading";
import { MailboxClient, type MailboxAnswer, type MailboxRequest, type Outgoing } from "./requests";

const PATIENCE_MS = 60_000;

export class Conversation implements Mailbox {
  readonly serverKnewCode: boolean;
  readonly maxTextBytes = MOST_TEXT_BYTES;
  readonly #card: VerifiedCard;
  readonly #keys: MailboxKeys;
  readonly #client: MailboxClient;
  #heads: Heads | null = null;
  #firstCommitment: Bytes | null = null;
  /** Of the last answer: what may be confirmed. */
  #sequences: readonly number[] = [];
  #promises: readonly string[] = [];
  #isAlarmed = false;

  constructor(card: VerifiedCard, keys: MailboxKeys, serverKnewCode: boolean) {
    this.#card = card;
    this.#keys = keys;
    this.serverKnewCode = serverKnewCode;
    this.#client = new MailboxClient(card, keys, new Line({
      signal: new AbortController().signal, patienceMs: PATIENCE_MS, onPause: () => undefined,
    }));
  }

  refresh(): Promise<MailboxView> {
    return this.#ask({ confirm: [], send: null });
  }

  confirm(sequence: number): Promise<MailboxView> {
    return this.#ask({ confirm: this.#sequences.filter((one) => one <= sequence), send: null });
  }

  async write(text: string, sign: Sign): Promise<MailboxView> {
    if (utf8(text).length > MOST_TEXT_BYTES) throw new ClientError("message.too_long");
    return this.#send("text", { text: wellFormed(text) }, sign);
  }

  withdrawConsents(reportId: string | null, consents: readonly number[] | null, sign: Sign): Promise<MailboxView> {
    return this.#send("withdraw_consent", { consents, report_id: reportId }, sign);
  }

  request(action: "withdraw" | "delete" | "limit", reportId: string | null, sign: Sign): Promise<MailboxView> {
    return this.#send("request", { action, report_id: reportId }, sign);
  }

  continueReport(lastReportId: string | null): ReportSession {
    return new Session(this.#card, this.#keys, lastReportId);
  }

  async #send(kind: string, body: JsonObject, sign: Sign): Promise<MailboxView> {
    if (this.#heads === null || this.#firstCommitment === null || this.#isAlarmed) throw new ClientError("mailbox.not_ready");
    const heads = this.#heads;
    const ciphertext = await sealMessage({ kind, body, sign, heads }, {
      names: { teamId: this.#card.teamId, mailboxKey: this.#keys.signingKey.publicKey, firstCommitment: this.#firstCommitment },
      key: this.#keys.signingKey,
      recipient: this.#card.card.team_recipient,
      sentAt: new Date(),
    });
    return this.#ask({ confirm: [], send: { ciphertext, previous: heads.to_desk.sha256, sequence: heads.to_desk.sequence + 1 } });
  }

  async #ask({ confirm, send }: Pick<MailboxRequest, "confirm" | "send">): Promise<MailboxView> {
    // Promises that were shown are confirmed by the way: the next answer need not carry them.
    const answer = await this.#client.ask({ confirm, confirmPromises: this.#promises, send });
    if (answer === null) {
      if (send !== null) throw new ClientError("mailbox.not_ready");
      return { found: false, messages: [], promises: [], more: false, alarms: [], canWrite: false };
    }
    const reading = await readAnswer(answer, { before: this.#heads, card: this.#card, keys: this.#keys });
    this.#remember(answer, reading);
    if (send !== null && !wasTaken(send, answer)) throw new ClientError("message.out_of_order");
    return this.#view(answer, reading);
  }

  #remember(answer: MailboxAnswer, reading: Reading): void {
    this.#heads = answer.heads;
    this.#firstCommitment = answer.firstCommitment;
    this.#sequences = reading.sequences;
    this.#promises = reading.promises.map(({ reportId }) => reportId);
    this.#isAlarmed ||= reading.alarms.length > 0;
  }

  #view(answer: MailboxAnswer, { messages, promises, alarms }: Reading): MailboxView {
    return {
      found: true,
      messages,
      promises: promises.map(({ reportId, promisedAt }) => ({ reportId, promisedAt })),
      more: answer.more,
      alarms,
      canWrite: !this.#isAlarmed,
    };
  }
}

/** A message whose first try was taken stands as the head although the second is out of order. */
function wasTaken(send: Outgoing, { sent, heads }: MailboxAnswer): boolean {
  const own = headAfter(send.ciphertext, send.sequence);
  return sent === "taken" || (heads.to_desk.sequence === own.sequence && isEqual(heads.to_desk.sha256, own.sha256));
}
