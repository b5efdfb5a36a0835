/**
 * age files to and from ML-KEM-768 + X25519 identities, the only kind that our formats use.
 *
 * Everything in age's own format comes from typage; this module narrows it: one hybrid recipient,
 * bytes or a stream, our errors. Recipients are `age1pq1…`, identities `AGE-SECRET-KEY-PQ-1…`.
 */

import { bech32 } from "@scure/base";
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";

import { ClientError } from "../errors";
import type { Bytes } from "../protocol/bytes";

export interface Identity {
  readonly secret: string;
  readonly recipient: string;
}

export async function makeIdentity(): Promise<Identity> {
  return withRecipient(await generateHybridIdentity());
}

/** The identity of a 32-byte seed. */
export async function identityFromSeed(seed: Bytes): Promise<Identity> {
  return withRecipient(bech32.encodeFromBytes("age-secret-key-pq-", seed).toUpperCase());
}

export async function encryptTo(recipient: string, plaintext: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await encrypterTo(recipient).encrypt(plaintext));
}

/** The age file of a stream of `size` bytes, in constant memory, and its own size. */
export async function encryptStreamTo(
  recipient: string,
  plaintext: ReadableStream<Uint8Array>,
  size: number,
): Promise<{ stream: ReadableStream<Uint8Array>; size: number }> {
  const stream = await encrypterTo(recipient).encrypt(plaintext);
  return { stream, size: stream.size(size) };
}

/** Throws `age.bad_file` if `file` is damaged or not for `identity`. */
export async function decryptWith(identity: Identity, file: Uint8Array): Promise<Bytes> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity.secret);
  try {
    return new Uint8Array(await decrypter.decrypt(file));
  } catch {
    throw new ClientError("age.bad_file");
  }
}

function encrypterTo(recipient: string): Encrypter {
  if (!recipient.startsWith("age1pq1")) throw new ClientError("card.bad_form");
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter;
}

async function withRecipient(secret: string): Promise<Identity> {
  return { secret, recipient: await identityToRecipient(secret) };
}
