/**
 * The team card, verified under the root key that is stamped into the page (spec/card.md), and the
 * fingerprint of that key.
 *
 * Recipients and keys are taken from a verified card and from nowhere else.
 */

import type { Card, FingerprintWord, Stamp } from "../api";
import { checkRecipient } from "../crypto/age";
import { checkPublicKey } from "../crypto/signing";
import { ClientError } from "../errors";
import { BIP39_ENGLISH } from "./bip39-english";
import { type Bytes, fromBase64, fromHex, utf8 } from "./bytes";
import { exactObject, integerMember, type Json, type JsonObject, listMember, textMember, timeMember } from "./canonical-json";
import { hash } from "./encoding";
import { openSignedJson } from "./signed-json";

const FORMAT = "aigaq/card/v1";
const MOST_BYTES = 65_536;
const WORDS = 8;
const BITS_A_WORD = 11;
const LANGUAGES = ["en", "kk", "ru"] as const;
const KEYS = ["desk_key", "fetch_key", "log_key", "message_key", "root_key"] as const;
const MEMBERS = [
  "batch", "desk_key", "exit_url", "fetch_key", "format", "gate_origin", "interval_seconds", "languages", "log_key",
  "log_origin", "maximum_delay_seconds", "message_key", "names", "reading_interval", "root_key", "services", "signed_at",
  "state", "team_id", "team_recipient", "version", "windows", "witnessing",
] as const;

/** A verified card with the values that the protocol needs, decoded once. */
export interface VerifiedCard {
  readonly card: Card;
  readonly text: string;
  readonly teamId: Bytes;
  readonly messageKey: Bytes;
  readonly logKey: Bytes;
}

/** Throws `card.bad_form`, `card.other_root` or `card.wrong_signature`. */
export function verifyCard({ rootKey, cardText }: Pick<Stamp, "rootKey" | "cardText">): VerifiedCard {
  const file = utf8(cardText);
  if (file.length > MOST_BYTES) throw new ClientError("card.bad_form");
  const root = orBadForm(() => fromBase64(rootKey, 32));
  if (namedRoot(cardText) !== rootKey) throw new ClientError("card.other_root");
  const object = openCard(file, root);
  orBadForm(() => checkForm(object));
  const card = object as unknown as Card;
  return {
    card,
    text: cardText,
    teamId: fromHex(card.team_id, 16),
    messageKey: fromBase64(card.message_key, 32),
    logKey: fromBase64(card.log_key, 32),
  };
}

/** The first 88 bits of SHA-256 of the root key as 8 words with their digits. */
export function fingerprintOf(rootKey: Bytes): readonly FingerprintWord[] {
  const digest = hash(rootKey);
  return Array.from({ length: WORDS }, (_, word) => {
    let index = 0;
    for (let bit = word * BITS_A_WORD; bit < (word + 1) * BITS_A_WORD; bit += 1) {
      index = index * 2 + (((digest[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
    }
    return { word: BIP39_ENGLISH[index] ?? "", digits: String(index).padStart(4, "0") };
  });
}

function namedRoot(cardText: string): unknown {
  return orBadForm(() => {
    const object = JSON.parse(cardText.slice(0, cardText.indexOf("\n"))) as { format?: unknown; root_key?: unknown } | null;
    if (object?.format !== FORMAT) throw new ClientError("card.bad_form");
    return object.root_key;
  });
}

function openCard(file: Bytes, root: Bytes): JsonObject {
  try {
    return openSignedJson(file, { format: FORMAT, publicKey: root });
  } catch (error) {
    const isSignature = error instanceof ClientError && error.code === "signed_json.wrong_signature";
    throw new ClientError(isSignature ? "card.wrong_signature" : "card.bad_form");
  }
}

function checkForm(object: JsonObject): void {
  exactObject(object, MEMBERS);
  for (const name of KEYS) checkPublicKey(fromBase64(object[name], 32));
  fromHex(object["team_id"], 16);
  for (const name of ["batch", "interval_seconds", "maximum_delay_seconds", "version"]) {
    if (integerMember(object, name) < 1) throw new ClientError("card.bad_form");
  }
  matching(object["exit_url"], /^https:\/\/[!-~]+$/u); // Any other scheme could run as script.
  matching(object["gate_origin"], /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$/u);
  matching(object["log_origin"], /^[^]{1,255}$/u);
  timeMember(object, "signed_at");
  checkRecipient(textMember(object, "team_recipient"));
  oneOf(object["state"], ["trial", "live"]);
  const languages = listMember(object, "languages");
  languages.forEach((language) => oneOf(language, LANGUAGES));
  if (languages.length === 0 || new Set(languages).size !== languages.length) throw new ClientError("card.bad_form");
  checkTexts(object["names"]);
  const reading = exactObject(object["reading_interval"] ?? null, ["hours", "text"]);
  integerMember(reading, "hours");
  checkTexts(reading["text"]);
  listMember(object, "services").forEach(checkService);
  listMember(object, "windows").forEach(checkWindow);
  const witnessing = exactObject(object["witnessing"] ?? null, ["cosigners", "timestamp_authorities"]);
  for (const name of ["cosigners", "timestamp_authorities"]) {
    const areObjects = listMember(witnessing, name).every((one) => typeof one === "object" && one !== null && !Array.isArray(one));
    if (!areObjects) throw new ClientError("card.bad_form");
  }
}

function checkService(value: Json): void {
  const service = exactObject(value, ["answered_by", "id", "name", "note", "number", "police_learns"]);
  checkTexts(service["answered_by"]);
  checkTexts(service["name"]);
  if (service["note"] !== null) checkTexts(service["note"]);
  textMember(service, "id");
  matching(service["number"], /^[0-9+*() -]*[0-9][0-9+*() -]*$/u);
  oneOf(service["police_learns"], ["yes", "no", "unknown"]);
}

function checkWindow(value: Json): void {
  const window = exactObject(value, ["hours", "id", "text"]);
  integerMember(window, "hours");
  textMember(window, "id");
  checkTexts(window["text"]);
}

function matching(value: Json | undefined, form: RegExp): void {
  if (typeof value !== "string" || !form.test(value)) throw new ClientError("card.bad_form");
}

function checkTexts(value: Json | undefined): void {
  const texts = exactObject(value ?? null, LANGUAGES);
  for (const language of LANGUAGES) matching(texts[language], /^[^]+$/u);
}

function oneOf(value: Json | undefined, allowed: readonly string[]): void {
  if (typeof value !== "string" || !allowed.includes(value)) throw new ClientError("card.bad_form");
}

function orBadForm<Result>(read: () => Result): Result {
  try {
    return read();
  } catch {
    throw new ClientError("card.bad_form");
  }
}
