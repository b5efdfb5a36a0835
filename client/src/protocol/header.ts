/** The header of a report, its id, and the names of its members (spec/report.md). */

import type { SigningKey } from "../crypto/signing";
import { type Bytes, toBase64, toHex } from "./bytes";
import { hash } from "./encoding";
import { buildSignedJson } from "./signed-json";

/** An encrypted member: `sha256` and `size` are of the ciphertext. */
export interface Member {
  readonly name: string;
  readonly sha256: Bytes;
  readonly size: number;
}

export interface HeaderFacts {
  readonly commitment: Bytes;
  readonly mailboxRecipient: string;
  /** In the order items, manifest, key. */
  readonly members: readonly Member[];
  readonly signingKey: SigningKey;
  readonly teamId: Bytes;
}

export function itemMemberName(number: number): string {
  return `item-${String(number).padStart(4, "0")}.age`;
}

export function memberOf(name: string, ciphertext: Bytes): Member {
  return { name, sha256: hash(ciphertext), size: ciphertext.length };
}

export function buildHeader(facts: HeaderFacts): Bytes {
  return buildSignedJson({
    commitment: toHex(facts.commitment),
    format: "aigaq/header/v1",
    mailbox_key: toBase64(facts.signingKey.publicKey),
    mailbox_recipient: facts.mailboxRecipient,
    members: facts.members.map(({ name, sha256, size }) => ({ name, sha256: toHex(sha256), size })),
    team_id: toHex(facts.teamId),
    version: 1,
  }, facts.signingKey);
}

/** SHA-256 of the whole header file, hex. */
export function reportIdOf(header: Bytes): string {
  return toHex(hash(header));
}
