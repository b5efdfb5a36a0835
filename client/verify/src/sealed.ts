// SPDX-License-Identifier: Apache-2.0
/**
 * What can be seen of a sealed item from outside: that it is an age file to one X25519 key, which can
 * hold as many bytes as the item has. Sources: https://c2sp.org/age, sections Header and Payload; BIP 173.
 */

import { VerifyError } from "./errors";

const VALUE = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]";
const HEADER = new RegExp(`^age-encryption\\.org/v1\\n-> X25519 ${VALUE}\\n${VALUE}\\n--- ${VALUE}\\n$`);
export const HEADER_BYTES = 168;
const [NONCE_BYTES, TAG_BYTES, CHUNK_BYTES] = [16, 16, 65_536];
const LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const RECIPIENT = new RegExp(`^age1[${LETTERS}]{58}$`);
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Check a sealed item by the beginning of its file and the file's size; `itemSize` is of what it holds. */
export function checkSealed(beginning: Uint8Array, fileSize: number, itemSize: number, recipient: string): void {
  const header = String.fromCharCode(...beginning.subarray(0, HEADER_BYTES));
  if (!isX25519(recipient) || !HEADER.test(header)) throw new VerifyError("item.not_sealed");
  const chunks = Math.max(1, Math.ceil(itemSize / CHUNK_BYTES));
  if (fileSize !== HEADER_BYTES + NONCE_BYTES + itemSize + chunks * TAG_BYTES) throw new VerifyError("item.wrong_size");
}

/** Whether `recipient` is the Bech32 of 32 bytes under the prefix `age`. */
function isX25519(recipient: string): boolean {
  if (!RECIPIENT.test(recipient)) return false;
  const values = [...recipient.slice(4)].map((one) => LETTERS.indexOf(one));
  // 32 bytes are 51 letters and one bit; the other four bits are none.
  if (values[51]! & 0x0f) return false;
  const prefix = [..."age"].map((one) => one.charCodeAt(0));
  let checksum = 1;
  for (const value of [...prefix.map((one) => one >> 5), 0, ...prefix.map((one) => one & 31), ...values]) {
    const top = checksum >> 25;
    checksum = ((checksum & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((generator, place) => (checksum ^= (top >> place) & 1 ? generator : 0));
  }
  return checksum === 1;
}
