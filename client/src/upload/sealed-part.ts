/**
 * One part of a report, sealed: manifest, commitment and keys made once, items encrypted as they
 * are asked for (spec/report.md). Both ways out use it: sending, and saving as a file.
 */

import type { Item, Part } from "../api";
import { encryptTo, type Identity, makeIdentity } from "../crypto/age";
import { type Bytes, utf8 } from "../protocol/bytes";
import type { VerifiedCard } from "../protocol/card";
import { buildHeader, type Member, memberOf } from "../protocol/header";
import { buildManifest, checkPart, type Commitment, commitTo, padManifest } from "../protocol/manifest";
import type { MailboxKeys } from "../protocol/receipt-code";
import { Ciphertext, emptySealedSizeFor, PartBuffers, sealedSize } from "./ciphertext";
import { type ReadItem, readItem } from "./content";

export interface SmallMembers {
  readonly manifest: Bytes;
  readonly key: Bytes;
  readonly header: Bytes;
}

export interface SealingFacts {
  readonly card: VerifiedCard;
  readonly keys: MailboxKeys;
  readonly continues: string | null;
}

export interface ReadingHooks {
  readonly signal: AbortSignal;
  readonly onRead: (item: number, bytes: number) => void;
}

export class SealedPart {
  readonly commitment: Commitment;
  /** Sizes of the items' age files, in order. */
  readonly sealedSizes: readonly number[];
  readonly #facts: SealingFacts;
  readonly #identity: Identity;
  readonly #items: readonly Item[];
  readonly #reads: readonly ReadItem[];
  readonly #manifest: Bytes;
  readonly #key: Bytes;
  readonly #buffers = new PartBuffers();

  private constructor(made: {
    facts: SealingFacts; identity: Identity; items: readonly Item[]; reads: readonly ReadItem[];
    manifest: Bytes; key: Bytes; commitment: Commitment; sealedSizes: readonly number[];
  }) {
    this.commitment = made.commitment;
    this.sealedSizes = made.sealedSizes;
    this.#facts = made.facts;
    this.#identity = made.identity;
    this.#items = made.items;
    this.#reads = made.reads;
    this.#manifest = made.manifest;
    this.#key = made.key;
  }

  /** Read every item once and make all that is small. Throws `report.*` and `item.*`. */
  static async of(part: Part, facts: SealingFacts, { signal, onRead }: ReadingHooks): Promise<SealedPart> {
    checkPart(part);
    const reads: ReadItem[] = [];
    for (const [number, item] of part.items.entries()) {
      reads.push(await readItem(item.content, number, (bytes) => onRead(number, bytes), signal));
    }
    const identity = await makeIdentity();
    const manifest = buildManifest(part, {
      cardVersion: facts.card.card.version,
      continues: facts.continues,
      digests: reads,
      madeAt: new Date(),
      mailboxKey: facts.keys.signingKey.publicKey,
      mailboxRecipient: facts.keys.identity.recipient,
      teamId: facts.card.teamId,
    });
    const emptySize = emptySealedSizeFor(identity.recipient);
    return new SealedPart({
      facts, identity, reads,
      items: part.items,
      commitment: commitTo(manifest),
      manifest: encryptTo(identity.recipient, padManifest(manifest)),
      key: encryptTo(facts.card.card.team_recipient, utf8(identity.secret)),
      sealedSizes: reads.map(({ size }) => sealedSize(size, emptySize)),
    });
  }

  /** Begin to encrypt item `number` under a fresh file key; the one before must be finished or abandoned. */
  encryptItem(number: number): Promise<Ciphertext> {
    const item = this.#items[number];
    const read = this.#reads[number];
    if (item === undefined || read === undefined) throw new RangeError("no such item");
    return Ciphertext.of(item.content, read, { recipient: this.#identity.recipient, number, buffers: this.#buffers });
  }

  /** Manifest, key and the signed header over them and `items`. */
  finish(items: readonly Member[]): SmallMembers {
    const header = buildHeader({
      commitment: this.commitment.value,
      mailboxRecipient: this.#facts.keys.identity.recipient,
      members: [...items, memberOf("manifest.age", this.#manifest), memberOf("key.age", this.#key)],
      signingKey: this.#facts.keys.signingKey,
      teamId: this.#facts.card.teamId,
    });
    return { manifest: this.#manifest, key: this.#key, header };
  }
}
