/**
 * Receipt codes as people type them: cleaning and check digits (spec/receipt-code.md).
 *
 * No secret arithmetic here, so that the first small script can help her while she types.
 * A code is a string of 20 ASCII digits (or 24 from the path without JavaScript).
 */

import { ClientError } from "../errors";

const DROPPED = /[\p{White_Space}\-–.]/gu;
const DIGIT = /^\p{Nd}$/u;

/** The ISO 7064 MOD 11,10 check digit of `digits`. */
export function checkDigitMod1110(digits: string): string {
  let p = 10;
  for (const digit of digits) {
    const sum = (p + Number(digit)) % 10;
    p = (2 * (sum === 0 ? 10 : sum)) % 11;
  }
  return String((11 - p) % 10);
}

/** The 20 or 24 ASCII digits that `typed` means. Throws `receipt_code.*`. */
export function cleanReceiptCode(typed: string): string {
  const digits = Array.from(typed.replace(DROPPED, ""), asciiDigit).join("");
  if (digits.length !== 20 && digits.length !== 24) {
    throw new ClientError("receipt_code.wrong_length", { digits: digits.length });
  }
  const isRight = digits.length === 20
    ? checkDigitMod1110(digits.slice(0, 19)) === digits.slice(19)
    : remainder97(digits) === 1;
  if (!isRight) throw new ClientError("receipt_code.wrong_check_digit");
  return digits;
}

/** The digits without the check: what Argon2id takes. */
export function withoutCheckDigits(code: string): string {
  return code.slice(0, code.length === 20 ? 19 : 22);
}

function remainder97(digits: string): number {
  let remainder = 0;
  for (const digit of digits) remainder = (remainder * 10 + Number(digit)) % 97;
  return remainder;
}

/** Digits of every script stand in runs of ten from zero, so the distance to the run's start counts. */
function asciiDigit(sign: string): string {
  if (!DIGIT.test(sign)) throw new ClientError("receipt_code.not_a_digit");
  const point = sign.codePointAt(0) ?? 0;
  let start = point;
  while (DIGIT.test(String.fromCodePoint(start - 1))) start -= 1;
  return String((point - start) % 10);
}
