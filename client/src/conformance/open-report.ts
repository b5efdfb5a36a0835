/**
 * Opens a report as the desk does, step by step (spec/report.md, "Opening"), for the tests of the
 * vectors: what this side seals and what the vectors hold must mean the same.
 */

import { checkRecipient, decryptWith, type Identity } from "../crypto/age";
import { ClientError, type ErrorCode, hasCode } from "../errors";
import { type Bytes, fromBase64, fromHex, fromUtf8, isEqual, toBase64, toHex, utf8 } from "../protocol/bytes";
import { canonicalJson, exactObject, integerMember, type Json, type JsonObject, listMember, parseCanonicalObject, textMember, timeMember } from "../protocol/canonical-json";
import { hash } from "../protocol/encoding";
import { itemMemberName, reportIdOf } from "../protocol/header";
import { commitTo } from "../protocol/manifest";
import { padmeSize, unpadFromStep } from "../protocol/padding";
import { openSignedJson } from "../protocol/signed-json";
import type { TarMember } from "./read-ustar";

const MOST_ITEMS = 10_000;
const HEADER_MEMBERS = ["commitment", "format", "mailbox_key", "mailbox_recipient", "members", "team_id", "version"];
const MANIFEST_MEMBERS = [
  "answers", "card_version", "consents", "continues", "format", "items", "language", "made_at", "mailbox_key",
  "mailbox_recipient", "root_salt", "team_id",
];
const ITEM_MEMBERS = ["hidden_details", "name", "number", "salt", "sha256", "size", "source", "type"];

/** The members `expected` of a report vector. */
export interface OpenedReport {
  readonly commitment: string;
  readonly contents: readonly string[];
  readonly leaf_count: number;
  readonly mailbox_key: string;
  readonly mailbox_recipient: string;
  readonly manifest: string;
  readonly report_id: string;
  readonly report_identity: string;
  readonly root: string;
}

/** Throws the code of the first step that fails. */
export async function openReport(members: readonly TarMember[], { identity, teamId }: { identity: Identity; teamId: Bytes }): Promise<OpenedReport> {
  const contents = new Map(members.map(({ name, content }) => [name, content]));
  const file = memberNamed(contents, "header.json");
  const header = openHeader(file, teamId);
  checkMembers(contents, header);
  const reportIdentity = await openKey(memberNamed(contents, "key.age"), identity);
  const manifest = await openManifest(memberNamed(contents, "manifest.age"), reportIdentity);
  checkAgreement(header, manifest);
  const { leafCount, root, value } = commitTo(manifest);
  if (toHex(value) !== header["commitment"]) throw new ClientError("report.wrong_commitment");
  const opened: string[] = [];
  for (const item of listMember(manifest, "items") as readonly JsonObject[]) {
    opened.push(toBase64(await openItem(contents, item, reportIdentity)));
  }
  return {
    commitment: toHex(value),
    contents: opened,
    leaf_count: leafCount,
    mailbox_key: textMember(manifest, "mailbox_key"),
    mailbox_recipient: textMember(manifest, "mailbox_recipient"),
    manifest: toBase64(utf8(canonicalJson(manifest))),
    report_id: reportIdOf(file),
    report_identity: reportIdentity.secret,
    root: toHex(root),
  };
}

function memberNamed(contents: ReadonlyMap<string, Bytes>, name: string): Bytes {
  const content = contents.get(name);
  if (content === undefined) throw new ClientError("report.missing_member");
  return content;
}

function openHeader(file: Bytes, teamId: Bytes): JsonObject {
  const header = otherwise("report.bad_header", () => {
    const named = JSON.parse(fromUtf8(file.subarray(0, file.indexOf(0x0a)))) as { mailbox_key?: unknown };
    return openSignedJson(file, { format: "aigaq/header/v1", publicKey: fromBase64(named.mailbox_key, 32) });
  }, { "signed_json.wrong_signature": "report.wrong_signature" });
  otherwise("report.bad_header", () => {
    exactObject(header, HEADER_MEMBERS);
    fromHex(header["commitment"], 32);
    fromHex(header["team_id"], 16);
    checkRecipient(textMember(header, "mailbox_recipient"));
    if (header["version"] !== 1) throw new ClientError("report.bad_header");
    const listed = listMember(header, "members").map((value) => {
      const member = exactObject(value, ["name", "sha256", "size"]);
      fromHex(member["sha256"], 32);
      integerMember(member, "size");
      return textMember(member, "name");
    });
    const items = listed.slice(0, -2);
    const expected = [...items.map((_, number) => itemMemberName(number)), "manifest.age", "key.age"];
    if (listed.length < 2 || listed.join() !== expected.join()) throw new ClientError("report.bad_header");
    if (items.length > MOST_ITEMS) throw new ClientError("report.too_many_items");
  }, { "report.too_many_items": "report.too_many_items" });
  if (header["team_id"] !== toHex(teamId)) throw new ClientError("report.other_team");
  return header;
}

function checkMembers(contents: ReadonlyMap<string, Bytes>, header: JsonObject): void {
  const listed = listMember(header, "members") as readonly JsonObject[];
  const names = new Set([...listed.map((member) => textMember(member, "name")), "header.json"]);
  if ([...contents.keys()].some((name) => !names.has(name))) throw new ClientError("report.extra_member");
  for (const member of listed) {
    const content = memberNamed(contents, textMember(member, "name"));
    if (content.length !== member["size"]) throw new ClientError("report.wrong_size");
    if (toHex(hash(content)) !== member["sha256"]) throw new ClientError("report.wrong_hash");
  }
}

async function openKey(file: Bytes, team: Identity): Promise<Identity> {
  let secret: string;
  try {
    secret = fromUtf8(await decryptWith(team, file));
  } catch {
    throw new ClientError("report.not_for_us");
  }
  if (!/^AGE-SECRET-KEY-PQ-1[A-Z0-9]+$/u.test(secret)) throw new ClientError("report.bad_key");
  return { secret, recipient: "" };
}

async function openManifest(file: Bytes, identity: Identity): Promise<JsonObject> {
  let padded: Bytes;
  try {
    padded = await decryptWith(identity, file);
  } catch {
    throw new ClientError("report.bad_manifest");
  }
  const json = otherwise("report.bad_padding", () => unpadFromStep(padded, 16_384));
  const manifest = otherwise("report.bad_manifest", () => parseManifest(json), { "report.too_many_items": "report.too_many_items" });
  if (listMember(manifest, "answers").length === 0 && listMember(manifest, "items").length === 0) throw new ClientError("report.empty");
  return manifest;
}

function parseManifest(json: Uint8Array): JsonObject {
  const manifest = exactObject(parseCanonicalObject(json), MANIFEST_MEMBERS);
  if (manifest["format"] !== "aigaq/manifest/v1") throw new ClientError("report.bad_manifest");
  if (listMember(manifest, "items").length > MOST_ITEMS) throw new ClientError("report.too_many_items");
  const items = listMember(manifest, "items");
  items.forEach((item, number) => checkItem(exactObject(item, ITEM_MEMBERS), number));
  listMember(manifest, "consents").forEach((consent, number) => checkConsent(consent, { number, items: items.length }));
  let last = -1;
  for (const value of listMember(manifest, "answers")) {
    const answer = exactObject(value, ["number", "salt", "value"]);
    fromBase64(answer["salt"], 32);
    textMember(answer, "value");
    const number = integerMember(answer, "number");
    must(number > last);
    last = number;
  }
  must(["kk", "ru", "en"].includes(textMember(manifest, "language")));
  integerMember(manifest, "card_version");
  if (manifest["continues"] !== null) fromHex(manifest["continues"], 32);
  timeMember(manifest, "made_at");
  fromBase64(manifest["mailbox_key"], 32);
  fromBase64(manifest["root_salt"], 32);
  fromHex(manifest["team_id"], 16);
  return manifest;
}

function checkItem(item: JsonObject, number: number): void {
  fromBase64(item["salt"], 32);
  fromHex(item["sha256"], 32);
  integerMember(item, "size");
  must(item["number"] === number);
  must(utf8(textMember(item, "name")).length <= 1_024 && utf8(textMember(item, "type")).length <= 255);
  must(["recorded", "chosen", "answer"].includes(textMember(item, "source")));
  must(item["hidden_details"] === null || ["keep", "strip"].includes(textMember(item, "hidden_details")));
}

function checkConsent(value: Json, { number, items }: { number: number; items: number }): void {
  const consent = exactObject(value, ["audience", "items", "number", "purpose", "salt"]);
  fromBase64(consent["salt"], 32);
  must(consent["number"] === number && textMember(consent, "audience") !== "" && textMember(consent, "purpose") !== "");
  if (consent["items"] === null) return;
  const named = listMember(consent, "items");
  must(named.every((item, index) => typeof item === "number" && item < items && item > Number(named[index - 1] ?? -1)));
}

function must(holds: boolean): void {
  if (!holds) throw new ClientError("report.bad_manifest");
}

function checkAgreement(header: JsonObject, manifest: JsonObject): void {
  const agree = ["team_id", "mailbox_key", "mailbox_recipient"].every((name) => header[name] === manifest[name]);
  const items = listMember(header, "members").length - 2;
  if (!agree || items !== listMember(manifest, "items").length) throw new ClientError("report.contradictory");
}

async function openItem(contents: ReadonlyMap<string, Bytes>, item: JsonObject, identity: Identity): Promise<Uint8Array> {
  const file = memberNamed(contents, itemMemberName(integerMember(item, "number")));
  const size = integerMember(item, "size");
  let padded: Bytes;
  try {
    padded = await decryptWith(identity, file);
  } catch {
    throw new ClientError("report.bad_item");
  }
  if (padded.length !== padmeSize(size)) throw new ClientError("report.wrong_size");
  const content = padded.subarray(0, size);
  if (!isEqual(hash(content), fromHex(item["sha256"], 32))) throw new ClientError("report.wrong_hash");
  if (padded.subarray(size).some((byte) => byte !== 0)) throw new ClientError("report.bad_padding");
  return content;
}

/** The result of `read`; a failure becomes `code`, but those in `kept` their own. */
function otherwise<Result>(code: ErrorCode, read: () => Result, kept: Partial<Record<ErrorCode, ErrorCode>> = {}): Result {
  try {
    return read();
  } catch (error) {
    const known = Object.entries(kept).find(([from]) => hasCode(error, from as ErrorCode))?.[1];
    throw new ClientError(known ?? code);
  }
}
