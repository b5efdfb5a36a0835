/**
 * From a receipt code to the keys of its mailbox (spec/receipt-code.md).
 *
 * `code` is what `cleanReceiptCode` gave: 20 digits, or 24 from the path without JavaScript.
 */

import { type Identity, identityFromSeed } from "../crypto/age";
import { deriveKey, stretchDigits } from "../crypto/hashing";
import { randomDigits } from "../crypto/random";
import { type SigningKey, signingKeyFromSeed } from "../crypto/signing";
import type { Bytes } from "./bytes";
import { checkDigitMod1110, withoutCheckDigits } from "./check-digits";
import { hashParts } from "./encoding";

const LABEL = "aigaq/receipt/v1";
const SALT_BYTES = 16;

export interface MailboxKeys {
  /** Opens what is written to her. */
  readonly identity: Identity;
  /** Signs header, requests and messages; its public half names the mailbox. */
  readonly signingKey: SigningKey;
}

/** 20 fresh digits, the last one the check digit. */
export function makeReceiptCode(): string {
  const digits = randomDigits(19);
  return digits + checkDigitMod1110(digits);
}

export async function deriveMailboxKeys(code: string, teamId: Bytes): Promise<MailboxKeys> {
  const k = await stretchReceiptCode(code, teamId);
  return {
    identity: await identityFromSeed(deriveKey(k, "identity", 32)),
    signingKey: signingKeyFromSeed(deriveKey(k, "mailbox", 32)),
  };
}

/** The 64 bytes `k` from which everything of a code is derived. */
export function stretchReceiptCode(code: string, teamId: Bytes): Promise<Bytes> {
  const salt = hashParts(LABEL, teamId).slice(0, SALT_BYTES);
  return stretchDigits(withoutCheckDigits(code), salt);
}
