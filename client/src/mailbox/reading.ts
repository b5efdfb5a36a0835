/**
 * Judging what the gate shows in a mailbox: messages, promises, heads (spec/mailbox.md, "Her client
 * raises an alarm").
 *
 * The client remembers nothing between visits, so confirmed messages leave a gap before the first
 * one shown; within what is shown, and against what this page saw before, everything must agree.
 */

import type { DeskMessage, MailboxAlarm } from "../api";
import { checkRecipient } from "../crypto/age";
import { ClientError } from "../errors";
import { type Bytes, fromBase64, fromHex, isEqual, toBase64, toHex, utf8 } from "../protocol/bytes";
import { exactObject, type JsonObject, textMember, timeMember } from "../protocol/canonical-json";
import type { VerifiedCard } from "../protocol/card";
import { checkLogProof, openLogProof, originOf, placeOf } from "../protocol/log-proof";
import { type Head, headAfter, type Heads, isSameHead, type MailboxNames, type Message, openMessage } from "../protocol/message";
import type { MailboxKeys } from "../protocol/receipt-code";
import { openFilingReceipt, openPromise, type SignedPromise } from "../protocol/receipts";
import { openSignedJson } from "../protocol/signed-json";
import type { MailboxAnswer } from "./requests";

type What = MailboxAlarm["what"];

export interface Reading {
  readonly messages: readonly DeskMessage[];
  /** Sequences of all messages that were in order, also of those that are not shown. */
  readonly sequences: readonly number[];
  readonly promises: readonly SignedPromise[];
  readonly alarms: readonly MailboxAlarm[];
}

/** `before` are the heads of the last answer of this visit, or null. */
export async function readAnswer(
  answer: MailboxAnswer,
  { before, card, keys }: { before: Heads | null; card: VerifiedCard; keys: MailboxKeys },
): Promise<Reading> {
  const alarms = new Set<What>();
  const promises = readPromises(answer, card, alarms);
  const { firstCommitment } = answer;
  const names: MailboxNames = { teamId: card.teamId, mailboxKey: keys.signingKey.publicKey, firstCommitment };
  const commitments = new Map(promises.map(({ reportId, commitment }) => [reportId, commitment]));
  const messages: DeskMessage[] = [];
  const sequences: number[] = [];
  let last: Head | null = null;
  for (const { ciphertext, sequence } of answer.messages) {
    try {
      const message = await openMessage(ciphertext, { identity: keys.identity, signer: card.messageKey, direction: "to_reporter", names });
      if (message.sequence !== sequence || message.sign !== "a" || !follows(message, last)) alarms.add("broken_chain");
      if (isAhead(message.heads.to_desk, answer.heads.to_desk)) alarms.add("gate_behind_desk");
      const shown = showMessage(message, { card, keys, firstCommitment, commitments });
      if (shown !== null) messages.push(shown);
      sequences.push(sequence);
    } catch (error) {
      alarms.add(alarmOf(error));
    }
    last = headAfter(ciphertext, sequence);
  }
  if (!endsAtHead(last, answer) || !goesOn(before, answer.heads)) alarms.add("broken_chain");
  return { messages, sequences, promises, alarms: [...alarms].map((what) => ({ code: "mailbox.alarm", what })) };
}

function readPromises(answer: MailboxAnswer, card: VerifiedCard, alarms: Set<What>): readonly SignedPromise[] {
  const promises: SignedPromise[] = [];
  for (const { promise: text, reportId } of answer.promises) {
    try {
      const promise = openPromise(text, card);
      if (promise.reportId !== reportId) throw new ClientError("promise.refused");
      promises.push(promise);
    } catch {
      alarms.add("wrong_promise");
    }
  }
  return promises.sort((a, b) => Date.parse(a.promisedAt) - Date.parse(b.promisedAt));
}

/** Messages are confirmed from the first on, so there is no gap among those that are left. */
function follows(message: Message, last: Head | null): boolean {
  return last === null || (message.sequence === last.sequence + 1 && isEqual(message.previous, last.sha256));
}

function isAhead(desk: Head, gate: Head): boolean {
  return desk.sequence > gate.sequence || (desk.sequence === gate.sequence && !isSameHead(desk, gate));
}

/** `more` may speak of promises alone, so the last message may be the head all the same. */
function endsAtHead(last: Head | null, answer: MailboxAnswer): boolean {
  const head = answer.heads.to_reporter;
  return last === null || isSameHead(last, head) || (answer.more && last.sequence < head.sequence);
}

/** Heads never go back within a visit. */
function goesOn(before: Heads | null, now: Heads): boolean {
  return before === null || (!isAhead(before.to_desk, now.to_desk) && !isAhead(before.to_reporter, now.to_reporter));
}

/** What the page shows, or null for a rebind, which is only checked. Throws `message.*`, `encoding.*`. */
function showMessage(
  { kind, body, sequence, sentAt }: Message,
  { card, keys, firstCommitment, commitments }: {
    card: VerifiedCard; keys: MailboxKeys; firstCommitment: Bytes;
    /** By report id, as far as this answer tells. */
    commitments: Map<string, Bytes>;
  },
): DeskMessage | null {
  switch (kind) {
    case "text":
      return { kind: "text", sequence, sentAt, text: textMember(body, "text") };
    case "safe":
      return { kind: "safe", sequence, sentAt, reportId: textMember(body, "report_id") };
    case "filing_receipt": {
      const filingReceipt = textMember(body, "filing_receipt");
      const { reportId, commitment, state, registerNumber, filedAt } = openFilingReceipt(filingReceipt, card);
      commitments.set(reportId, commitment);
      return { kind: "filed", sequence, sentAt, reportId, state, registerNumber, filedAt, filingReceipt };
    }
    case "proof": {
      const proof = textMember(body, "proof");
      const reportId = textMember(body, "report_id");
      if (originOf(proof) !== card.card.log_origin) {
        // Of a log whose key was retired: the card in her receipt file can check it, this one cannot.
        return { kind: "proof", sequence, sentAt, reportId, index: placeOf(proof), isIndependent: false, proof };
      }
      const commitment = commitments.get(reportId);
      const { index, isIndependent } = commitment === undefined ? openLogProof(proof, card) : checkLogProof(proof, card, commitment);
      return { kind: "proof", sequence, sentAt, reportId, index, isIndependent, proof };
    }
    case "rebind":
      checkOwnRebind(textMember(body, "rebind"), { card, keys, firstCommitment });
      return null;
    default:
      throw new ClientError("message.bad_form");
  }
}

/** The rebind in `text`, signed for this team. Throws `signed_json.*`, `encoding.*`, `message.other_mailbox`. */
export function checkRebind(text: string, card: VerifiedCard): JsonObject {
  const rebind = openSignedJson(utf8(text), { format: "aigaq/rebind/v1", publicKey: card.messageKey });
  exactObject(rebind, ["first_commitment", "format", "new_mailbox_key", "new_mailbox_recipient", "old_mailbox_key", "rebound_at", "team_id"]);
  timeMember(rebind, "rebound_at");
  fromHex(rebind["first_commitment"], 32);
  fromBase64(rebind["old_mailbox_key"], 32);
  fromBase64(rebind["new_mailbox_key"], 32);
  checkRecipient(textMember(rebind, "new_mailbox_recipient"));
  if (rebind["old_mailbox_key"] === rebind["new_mailbox_key"]) throw new ClientError("encoding.bad_form");
  if (rebind["team_id"] !== card.card.team_id) throw new ClientError("message.other_mailbox");
  return rebind;
}

function checkOwnRebind(text: string, { card, keys, firstCommitment }: {
  card: VerifiedCard; keys: MailboxKeys; firstCommitment: Bytes;
}): void {
  const rebind = checkRebind(text, card);
  const isOurs = rebind["new_mailbox_key"] === toBase64(keys.signingKey.publicKey)
    && rebind["new_mailbox_recipient"] === keys.identity.recipient
    && rebind["first_commitment"] === toHex(firstCommitment);
  if (!isOurs) throw new ClientError("message.other_mailbox");
}

function alarmOf(error: unknown): What {
  if (!(error instanceof ClientError)) throw error;
  if (error.code === "message.wrong_signature" || error.code === "signed_json.wrong_signature") return "wrong_signature";
  if (error.code === "proof.refused") return "wrong_proof";
  return error.code === "message.other_mailbox" ? "other_mailbox" : "unreadable_message";
}
