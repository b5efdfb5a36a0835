/**
 * The manifest of a report and the commitment to it (spec/report.md).
 *
 * The commitment is computed from the manifest's JSON alone, so what is sealed and what is
 * committed cannot differ. Hashes and sizes are of content without padding.
 */

import type { Part } from "../api";
import { randomBytes } from "../crypto/random";
import { ClientError } from "../errors";
import { type Bytes, fromBase64, fromHex, toBase64, toHex, utf8, wellFormed } from "./bytes";
import { canonicalJson, formatTime, integerMember, type Json, type JsonObject, listMember, textMember } from "./canonical-json";
import { padToStep } from "./padding";
import { hashLeaf, hashParts, treeRoot, uint64 } from "./encoding";

const MOST_ITEMS = 10_000;
const MOST_JSON_BYTES = 16 * 1024 * 1024;
const MOST_NAME_BYTES = 1_024;
const MOST_TYPE_BYTES = 255;
const PADDING_STEP = 16_384;
const SALT_BYTES = 32;

/** What the first reading of an item found. */
export interface ItemDigest {
  readonly size: number;
  readonly sha256: Bytes;
}

export interface Commitment {
  readonly leafCount: number;
  readonly root: Bytes;
  readonly rootSalt: Bytes;
  readonly value: Bytes;
}

export interface ManifestFacts {
  readonly cardVersion: number;
  readonly continues: string | null;
  readonly digests: readonly ItemDigest[];
  readonly madeAt: Date;
  readonly mailboxKey: Bytes;
  readonly mailboxRecipient: string;
  readonly teamId: Bytes;
}

/** Throws `report.empty`, `report.too_many_items`, `report.bad_answer` or `report.bad_consent`. */
export function checkPart(part: Part): void {
  if (part.answers.length === 0 && part.items.length === 0) throw new ClientError("report.empty");
  if (part.items.length > MOST_ITEMS) throw new ClientError("report.too_many_items", { most: MOST_ITEMS });
  part.answers.forEach(({ number }, index) => {
    const before = part.answers[index - 1]?.number ?? -1;
    if (!Number.isSafeInteger(number) || number <= before) throw new ClientError("report.bad_answer", { number });
  });
  part.consents.forEach(({ audience, items, purpose }, number) => {
    const isKnown = (items ?? []).every((item, index) =>
      Number.isSafeInteger(item) && item > (items?.[index - 1] ?? -1) && item < part.items.length);
    if (!isKnown || audience === "" || purpose === "") throw new ClientError("report.bad_consent", { number });
  });
}

/** The manifest with fresh salts; `digests` are in the order of the part's items. */
export function buildManifest(part: Part, facts: ManifestFacts): JsonObject {
  const salt = (): string => toBase64(randomBytes(SALT_BYTES));
  return {
    answers: part.answers.map(({ number, value }) => ({ number, salt: salt(), value: wellFormed(value) })),
    card_version: facts.cardVersion,
    consents: part.consents.map(({ audience, items, purpose }, number) => ({ audience, items, number, purpose, salt: salt() })),
    continues: facts.continues,
    format: "aigaq/manifest/v1",
    items: facts.digests.map(({ size, sha256 }, number) => {
      const item = part.items[number];
      if (item === undefined) throw new RangeError("a digest without its item");
      return {
        hidden_details: item.hiddenDetails,
        name: shorten(item.name, MOST_NAME_BYTES),
        number,
        salt: salt(),
        sha256: toHex(sha256),
        size,
        source: item.source,
        type: shorten(item.type, MOST_TYPE_BYTES),
      };
    }),
    language: part.language,
    made_at: formatTime(facts.madeAt),
    mailbox_key: toBase64(facts.mailboxKey),
    mailbox_recipient: facts.mailboxRecipient,
    root_salt: salt(),
    team_id: toHex(facts.teamId),
  };
}

/** The padded bytes that go into `manifest.age`. Throws `report.too_large`. */
export function padManifest(manifest: JsonObject): Bytes {
  const json = utf8(canonicalJson(manifest));
  if (json.length > MOST_JSON_BYTES) throw new ClientError("report.too_large");
  return padToStep(json, PADDING_STEP);
}

export function commitTo(manifest: JsonObject): Commitment {
  const leaves = reportLeaves(manifest);
  const root = treeRoot(leaves);
  const rootSalt = fromBase64(manifest["root_salt"], SALT_BYTES);
  const value = hashParts(
    "aigaq/commitment/v1",
    rootSalt,
    fromHex(manifest["team_id"], 16),
    fromBase64(manifest["mailbox_key"], 32),
    uint64(leaves.length),
    root,
  );
  return { leafCount: leaves.length, root, rootSalt, value };
}

/** Leaf hashes in the order answers, consents, items. */
export function reportLeaves(manifest: JsonObject): readonly Bytes[] {
  const objects = (name: string): readonly JsonObject[] => listMember(manifest, name) as readonly JsonObject[];
  const leaf = (kind: string, object: JsonObject, ...parts: readonly (Bytes | string)[]): Bytes =>
    hashLeaf("aigaq/report-leaf/v1", fromBase64(object["salt"], SALT_BYTES), kind, integerMember(object, "number"), ...parts);
  return [
    ...objects("answers").map((answer) => leaf("answer", answer, textMember(answer, "value"))),
    ...objects("consents").map((consent) => leaf("consent", consent, canonicalJson(withoutSalt(consent)))),
    ...objects("items").map((item) =>
      leaf("item", item, textMember(item, "name"), textMember(item, "type"), uint64(integerMember(item, "size")), fromHex(item["sha256"], 32))),
  ];
}

function withoutSalt(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]: [string, Json]) => name !== "salt"));
}

/** `text` cut at a character's end so that its UTF-8 fits into `most` bytes. */
function shorten(text: string, most: number): string {
  let kept = "";
  let bytes = 0;
  for (const character of wellFormed(text)) {
    bytes += utf8(character).length;
    if (bytes > most) break;
    kept += character;
  }
  return kept;
}
