/**
 * Parts, leaves and trees (spec/encoding.md).
 *
 * A part is bytes, text (its UTF-8; labels are ASCII) or an integer from 0 to 2^53 - 1, which
 * counts as 8 bytes. A hash is 32 bytes.
 */

import { sha256 } from "@noble/hashes/sha2.js";

import { type Bytes, concat, utf8 } from "./bytes";

export type EncodedPart = Uint8Array | string | number;

export function uint64(value: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError("not an integer from 0 to 2^53 - 1");
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(value / 0x1_0000_0000));
  view.setUint32(4, value >>> 0);
  return bytes;
}

/** `A ‖ B ‖ …`: each part with its length before it. */
export function encodeParts(...parts: readonly EncodedPart[]): Bytes {
  return concat(...parts.flatMap((part) => {
    const bytes = partBytes(part);
    return [uint64(bytes.length), bytes];
  }));
}

export function hashParts(...parts: readonly EncodedPart[]): Bytes {
  return hash(encodeParts(...parts));
}

export function hashLeaf(...parts: readonly EncodedPart[]): Bytes {
  return hash(concat(Uint8Array.of(0), encodeParts(...parts)));
}

/** The root of RFC 6962 section 2.1 over leaf hashes; there is no tree of no leaves. */
export function treeRoot(leaves: readonly Bytes[]): Bytes {
  const [first] = leaves;
  if (first === undefined) throw new RangeError("a tree has a leaf");
  if (leaves.length === 1) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return hash(concat(Uint8Array.of(1), treeRoot(leaves.slice(0, split)), treeRoot(leaves.slice(split))));
}

/** SHA-256 of bytes that are in memory; for streams see crypto/hashing.ts. */
export function hash(bytes: Uint8Array): Bytes {
  return new Uint8Array(sha256(bytes));
}

function partBytes(part: EncodedPart): Uint8Array {
  if (typeof part === "string") return utf8(part);
  return typeof part === "number" ? uint64(part) : part;
}
