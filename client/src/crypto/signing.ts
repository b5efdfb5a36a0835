/**
 * Ed25519 (RFC 8032, canonical encodings only). Keys are 32-byte seeds and 32-byte public keys.
 */

import { ed25519 } from "@noble/curves/ed25519.js";

import type { Bytes } from "../protocol/bytes";

export interface SigningKey {
  readonly seed: Bytes;
  readonly publicKey: Bytes;
}

export function signingKeyFromSeed(seed: Bytes): SigningKey {
  return { seed, publicKey: new Uint8Array(ed25519.getPublicKey(seed)) };
}

export function sign(message: Uint8Array, key: SigningKey): Bytes {
  return new Uint8Array(ed25519.sign(message, key.seed));
}

/**
 * Whether `signature` is one of `publicKey` over `message`. False too for a key that is no canonical
 * point or one of the eight of small order, under which one signature fits many texts.
 */
export function isSigned(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    checkPublicKey(publicKey);
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

/** Throws for 32 bytes that are no canonical encoding of a point or one of small order. */
export function checkPublicKey(publicKey: Uint8Array): void {
  if (ed25519.Point.fromBytes(publicKey).isSmallOrder()) throw new RangeError("a point of small order");
}
