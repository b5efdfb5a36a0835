/** Random bytes and digits from the browser's generator. */

import type { Bytes } from "../protocol/bytes";

export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Uniform decimal digits: bytes of 250 and above are drawn again (spec/receipt-code.md). */
export function randomDigits(count: number): string {
  let digits = "";
  while (digits.length < count) {
    for (const byte of randomBytes(32)) {
      if (byte < 250 && digits.length < count) digits += String(byte % 10);
    }
  }
  return digits;
}
