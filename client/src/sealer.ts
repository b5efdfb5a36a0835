/**
 * Everything that needs cryptography, behind the API's `Sealer`: the second script, `a/seal.js`.
 *
 * It gives one function to the page and does nothing else by itself.
 */

import type { CompletedReceipt, Mailbox, ReportSession, Sealer, Stamp } from "./api";
import { Conversation } from "./mailbox/conversation";
import { fromBase64 } from "./protocol/bytes";
import { fingerprintOf, verifyCard } from "./protocol/card";
import { cleanReceiptCode } from "./protocol/check-digits";
import { deriveMailboxKeys, makeReceiptCode } from "./protocol/receipt-code";
import { addFilingReceipt, addLogProof, describeReceipt, receiptFileName } from "./protocol/receipts";
import { Session } from "./upload/session";

/** Throws `card.*`. */
function create(stamp: Stamp): Sealer {
  const card = verifyCard(stamp);
  return {
    card: card.card,
    fingerprint: fingerprintOf(fromBase64(stamp.rootKey, 32)),
    makeReceiptCode,
    async startReport(code: string): Promise<ReportSession> {
      return new Session(card, await deriveMailboxKeys(cleanReceiptCode(code), card.teamId), null);
    },
    async openMailbox(code: string): Promise<Mailbox> {
      const digits = cleanReceiptCode(code);
      return new Conversation(card, await deriveMailboxKeys(digits, card.teamId), digits.length === 24);
    },
    async completeReceiptFile(receiptFile: Blob, filingReceipt: string | null, proof: string | null = null): Promise<CompletedReceipt> {
      let file = new Uint8Array(await receiptFile.arrayBuffer());
      if (filingReceipt !== null) file = addFilingReceipt(file, filingReceipt, card);
      if (proof !== null) file = addLogProof(file, proof, card);
      const sheet = describeReceipt(file, card);
      return { name: receiptFileName(), blob: new Blob([file], { type: "application/json" }), sheet };
    },
  };
}

window.aigaqSealer = { create };
