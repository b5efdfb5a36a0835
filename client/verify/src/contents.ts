// SPDX-License-Identifier: Apache-2.0
/** What a package says of itself, its custody and its consents. Source: `spec/evidence-package.md`. */

import { Form, encodeText, buildJson, fromHex, hash, hashLeaf, hashParts, parseJson, toHex, type Bytes, type Json } from "./encoding";
import { VerifyError } from "./errors";
import { checkInclusion } from "./notes";
import { openSignedJson } from "./signatures";

export const PACKAGE = "evidence/package.json";
export const CUSTODY = "evidence/custody.jsonl";
export const CONSENT = "evidence/consent.json";
export const CARDS = "evidence/cards/";
export const CUSTODY_PROOF = "evidence/custody.tlog-proof";
const BAD = "package.bad_form";
const NAMES = "audience checkpoint custody format items made_at purpose reports root_key team_id tokens".split(" ");
const REPORT = "commitment leaf_count log_index mailbox_key proof received_at register_number report_id root root_salt".split(" ");
const ITEM = "derived_from item_number leaf_index leaf_path name number path provenance report_id salt sealed_to sha256 size type".split(" ");
const TOKEN = ["authority", "chain", "checkpoint", "token"];
const RENEWAL = ["authority", "chain", "lists", "token"];
/** A list for each certificate of a chain but its root. */
const MAXIMUM_LISTS = 31;
const MAXIMUM_EARLIER = 16;
const twoDigits = (number: number): string => String(number).padStart(2, "0");
const ORIGIN = "name recipe sha256 size type".split(" ");
const RECIPES = ["strip/v1"];
const PROVENANCES = ["recorded", "received", "secondary", "official", "web_capture"];

export interface Report {
  readonly id: string;
  readonly mailboxKey: Bytes;
  readonly rootSalt: Bytes;
  readonly leafCount: number;
  readonly root: Bytes;
  readonly commitment: Bytes;
  readonly proof: string;
  readonly logIndex: number;
}

/** What came with the report, as its leaf says. */
export interface Original {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: Bytes;
}

/** `original` is the file itself, unless that is a derivative, made by `recipe`. */
export interface Item {
  readonly number: number;
  readonly path: string;
  readonly report: string;
  readonly itemNumber: number;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: Bytes;
  readonly salt: Bytes;
  readonly leafIndex: number;
  readonly leafPath: readonly Bytes[];
  readonly provenance: string;
  readonly sealedTo: string | null;
  readonly original: Original;
  readonly recipe: string | null;
}

export interface StampFiles {
  readonly token: string;
  readonly chain: string;
  /** Lists of revoked certificates of that chain. */
  readonly lists: readonly string[];
}

/** A row of tokens over a checkpoint: the first one, and those that renewed it, in order. */
export interface TokenFiles {
  readonly checkpoint: string;
  readonly stamps: readonly [StampFiles, ...StampFiles[]];
}

/** A head of before, and where the proofs of the reports under it lie, in their order. */
export interface Earlier {
  readonly checkpoint: string;
  readonly proofs: readonly string[];
}

export interface Contents {
  readonly madeOn: string;
  readonly purpose: string;
  readonly audience: string;
  readonly teamId: Bytes;
  readonly rootKey: Bytes;
  readonly checkpoint: string;
  readonly reports: readonly Report[];
  readonly items: readonly Item[];
  readonly custodyCount: number;
  readonly custodyHead: Bytes;
  readonly logged: { readonly count: number; readonly kind: string; readonly salt: Bytes; readonly value: Bytes } | null;
  readonly tokens: readonly TokenFiles[];
  readonly earlier: readonly Earlier[];
}

const must = (holds: boolean, code = BAD): void => {
  if (!holds) throw new VerifyError(code);
};

function withoutLf(data: Bytes, code: string): Bytes {
  must(data.at(-1) === 10, code);
  return data.slice(0, -1);
}

export function parseContents(data: Bytes): Contents {
  const value = parseJson(withoutLf(data, BAD), BAD);
  // A package has it only if it carries one.
  const hasEarlier = value !== null && typeof value === "object" && Object.hasOwn(value, "earlier");
  const form = new Form(value, hasEarlier ? [...NAMES, "earlier"] : NAMES, BAD);
  must(form.text("format") === "aigaq/package/v1");
  const custody = form.form("custody", ["count", "head", "logged"]);
  form.time("made_at");
  const reports = form.forms("reports", REPORT).map(readReport);
  const earlier = hasEarlier ? form.forms("earlier", ["checkpoint", "proofs"]) : [];
  must(!hasEarlier || (earlier.length > 0 && earlier.length <= MAXIMUM_EARLIER));
  const contents: Contents = {
    madeOn: form.text("made_at").slice(0, 10),
    purpose: form.text("purpose"),
    audience: form.text("audience"),
    teamId: form.hex("team_id", 16),
    rootKey: form.base64("root_key"),
    checkpoint: readCheckpointPath(form),
    reports,
    items: form.forms("items", ITEM).map(readItem),
    custodyCount: custody.integer("count"),
    custodyHead: custody.hex("head"),
    logged: custody.isNull("logged") ? null : readLogged(custody.form("logged", ["count", "opening", "proof"])),
    tokens: form.list("tokens").map(readToken),
    earlier: earlier.map((one) => readEarlier(one, reports)),
  };
  checkNumbers(contents);
  checkEarlier(contents);
  return contents;
}

function checkNumbers({ reports, items, tokens }: Contents): void {
  const ids = new Set(reports.map((one) => one.id));
  const shown = new Set(items.map((one) => one.report));
  must(ids.size === reports.length && ids.size > 0);
  // An id is the desk's word: one report under two of them would pass for two that agree.
  must(new Set(reports.map((one) => toHex(one.commitment))).size === ids.size);
  must(new Set(reports.map((one) => one.logIndex)).size === ids.size);
  must(new Set(items.map((one) => `${one.report} ${one.leafIndex}`)).size === items.length);
  must(new Set(items.map((one) => `${one.report} ${one.itemNumber}`)).size === items.length);
  must(items.every((one, at) => one.number === at + 1));
  must(shown.size === ids.size && [...shown].every((one) => ids.has(one)));
  must(tokens.length <= 99);
}

/** Earlier heads stand by size, hold every report, are smaller, and each has a token. */
function checkEarlier({ checkpoint, earlier, reports, tokens }: Contents): void {
  const sizes = [...earlier.map((one) => readSize(one.checkpoint)), readSize(checkpoint)];
  must(sizes.every((size, at) => at === 0 || sizes[at - 1]! < size));
  must(earlier.length === 0 || reports.every((one) => one.logIndex < sizes[0]!));
  must(earlier.every((one) => tokens.some((row) => row.checkpoint === one.checkpoint)));
}

const readSize = (path: string): number => Number(path.slice(path.lastIndexOf("/") + 1).split(".")[0]);

function readEarlier(form: Form, reports: readonly Report[]): Earlier {
  const checkpoint = readCheckpointPath(form);
  const proofs = reports.map((one) => `evidence/reports/${one.id}/${readSize(checkpoint)}.tlog-proof`);
  const named = form.list("proofs");
  must(named.length === proofs.length && proofs.every((one, at) => one === named[at]));
  return { checkpoint, proofs };
}

/** The files of `evidence/` that a package of these contents has, but for its cards. */
export function listEvidence(contents: Contents): Set<string> {
  const names = [PACKAGE, CUSTODY, CONSENT, contents.checkpoint, ...contents.reports.map((one) => one.proof)];
  for (const one of contents.earlier) names.push(one.checkpoint, ...one.proofs);
  for (const one of contents.tokens.flatMap((row) => row.stamps)) names.push(one.token, one.chain, ...one.lists);
  if (contents.logged) names.push(CUSTODY_PROOF);
  return new Set(names);
}

function readReport(form: Form): Report {
  form.time("received_at");
  form.integer("register_number", 1);
  const id = toHex(form.hex("report_id"));
  const proof = `evidence/reports/${id}/proof.tlog-proof`;
  must(form.text("proof") === proof);
  return {
    id,
    mailboxKey: form.base64("mailbox_key"),
    rootSalt: form.base64("root_salt"),
    leafCount: form.integer("leaf_count", 1),
    root: form.hex("root"),
    commitment: form.hex("commitment"),
    proof,
    logIndex: form.integer("log_index"),
  };
}

function readItem(form: Form): Item {
  const provenance = form.text("provenance");
  must(PROVENANCES.includes(provenance));
  const origin = form.isNull("derived_from") ? null : form.form("derived_from", ORIGIN);
  const recipe = origin?.text("recipe") ?? null;
  must(recipe === null || RECIPES.includes(recipe));
  const number = form.integer("number", 1);
  const sealedTo = form.isNull("sealed_to") ? null : form.text("sealed_to");
  const path = form.text("path", 1_024);
  const folder = `data/items/${String(number).padStart(4, "0")}`;
  if (sealedTo !== null) must(path === `${folder}.age` && /^age1[02-9ac-hj-np-z]{10,4000}$/.test(sealedTo));
  else must(path.startsWith(`${folder}/`) && path.length > folder.length + 1 && !path.slice(folder.length + 1).includes("/"));
  const own = readOriginal(form);
  return {
    ...own,
    number,
    path,
    report: toHex(form.hex("report_id")),
    itemNumber: form.integer("item_number"),
    original: origin === null ? own : readOriginal(origin),
    recipe,
    salt: form.base64("salt"),
    leafIndex: form.integer("leaf_index"),
    leafPath: form.hashes("leaf_path"),
    provenance,
    sealedTo,
  };
}

function readOriginal(form: Form): Original {
  return { name: form.text("name", 1_024), type: form.text("type", 255), size: form.integer("size"), sha256: form.hex("sha256") };
}

function readLogged(form: Form): NonNullable<Contents["logged"]> {
  const opening = form.form("opening", ["format", "kind", "salt", "value"]);
  must(opening.text("format") === "aigaq/opening/v1" && form.text("proof") === CUSTODY_PROOF);
  return { count: form.integer("count"), kind: opening.text("kind"), salt: opening.base64("salt"), value: opening.base64("value", null) };
}

function readCheckpointPath(form: Form): string {
  const path = form.text("checkpoint");
  must(/^evidence\/checkpoints\/(?:0|[1-9][0-9]{0,15})\.checkpoint$/.test(path));
  return path;
}

/** A row; a package of before renewals were carried has neither them nor lists. */
function readToken(value: Json, place: number): TokenFiles {
  const hasMore = value !== null && typeof value === "object" && Object.hasOwn(value, "renewals");
  const form = new Form(value, hasMore ? [...TOKEN, "lists", "renewals"] : TOKEN, BAD);
  const stem = `evidence/tokens/${twoDigits(place + 1)}`;
  const renewals = hasMore ? form.forms("renewals", RENEWAL) : [];
  must(renewals.length <= 99);
  return {
    checkpoint: readCheckpointPath(form),
    stamps: [
      readStamp(form, stem, hasMore ? form.list("lists") : []),
      ...renewals.map((one, at) => readStamp(one, `${stem}.renewal-${twoDigits(at + 1)}`, one.list("lists"))),
    ],
  };
}

function readStamp(form: Form, stem: string, named: readonly Json[]): StampFiles {
  form.text("authority");
  const lists = named.map((_, at) => `${stem}.list-${twoDigits(at + 1)}.crl`);
  const files = { token: form.text("token"), chain: form.text("chain"), lists };
  must(files.token === `${stem}.tsr` && files.chain === `${stem}.chain.pem`);
  must(lists.length <= MAXIMUM_LISTS && named.every((one, at) => one === lists[at]));
  return files;
}

// Custody.

const EVENTS = "received opened copied exported handed_over fixity derived timestamped corrected shredded".split(" ");
const EVENT = "at by event format item note salt sequence sha256".split(" ");

export interface Chain {
  readonly heads: readonly Bytes[];
  /** By "<report id>/<number>": the lines that tell of an item's coming, with its SHA-256. */
  readonly received: ReadonlyMap<string, readonly (readonly [number, string])[]>;
  /** How many lines stand as their hash alone. */
  readonly hidden: number;
  /** By "<report id>/<number> <SHA-256> <recipe>": the first line that tells of the making of a derivative. */
  readonly derived: ReadonlyMap<string, number>;
}

export function parseChain(data: Bytes): Chain {
  const code = "custody.bad_form";
  const received = new Map<string, [number, string][]>();
  const derived = new Map<string, number>();
  const heads: Bytes[] = [new Uint8Array(32)];
  let [from, hidden] = [0, 0];
  for (let number = 1; from < data.length; number++) {
    const end = data.indexOf(10, from);
    must(end >= 0, code);
    const line = data.slice(from, end);
    from = end + 1;
    const [sequence, digest, isHidden] = readLine(line, received, derived, code);
    hidden += isHidden ? 1 : 0;
    if (sequence !== number) throw new VerifyError("custody.gap", `line ${number}`);
    heads.push(hashParts("aigaq/custody/v1", heads.at(-1)!, digest));
  }
  return { heads, received, derived, hidden };
}

function readLine(line: Bytes, received: Map<string, [number, string][]>, derived: Map<string, number>, code: string): [number, Bytes, boolean] {
  const value = parseJson(line, code);
  const isHidden = value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).sort().join() === "hash,sequence";
  if (isHidden) {
    const hidden = new Form(value, ["hash", "sequence"], code);
    return [hidden.integer("sequence", 1), fromHex(hidden.members["hash"], 32, code), true];
  }
  const form = new Form(value, EVENT, code);
  must(form.text("format") === "aigaq/custody/v1" && EVENTS.includes(form.text("event")), code);
  form.time("at");
  form.text("by");
  const note = form.text("note");
  form.base64("salt", 16);
  const sequence = form.integer("sequence", 1);
  const item = form.isNull("item") ? null : form.text("item");
  const sha256 = form.isNull("sha256") ? null : toHex(form.hex("sha256"));
  if (form.text("event") === "received" && item?.includes("/")) {
    must(sha256 !== null, code);
    received.set(item, [...(received.get(item) ?? []), [sequence, sha256!]]);
  }
  const made = `${item} ${sha256} ${note}`;
  if (form.text("event") === "derived" && !derived.has(made)) derived.set(made, sequence);
  return [sequence, hash(line), false];
}

/** The number of the line that tells of the making of a derivative. */
export function findDerived(chain: Chain, item: Item): number {
  const line = chain.derived.get(`${item.report}/${item.itemNumber} ${toHex(item.sha256)} ${item.recipe}`);
  if (line === undefined) throw new VerifyError("custody.no_derivation");
  return line;
}

/** The number of the line that tells of the coming of an item. */
export function findReceived(chain: Chain, item: Item): number {
  const events = chain.received.get(`${item.report}/${item.itemNumber}`) ?? [];
  if (events.length === 0) throw new VerifyError("custody.no_event");
  if (events.some(([, sha256]) => sha256 !== toHex(item.original.sha256))) throw new VerifyError("custody.other_hash");
  return Math.min(...events.map(([sequence]) => sequence));
}

// Consent.

const GRANT = "audience items leaf_index leaf_path number purpose report_id salt".split(" ");
const STAFF_GRANT = "audience by granted_at how items purpose report_id".split(" ");
const TOLD = "leaf_index leaf_path report_id salt way".split(" ");
/** The number of the answer by which staff say how a report was told to them, and its values. */
const TOLD_HOW = 202;
const WAYS = "phone door letter messenger other".split(" ");
const MESSAGE = "body direction first_commitment format heads kind mailbox_key previous sent_at sequence sign team_id".split(" ");
const WRONG = "consent.bad_form";
/** For whom the purposes are under which items may leave; no other consent carries any. */
const ITEM_PURPOSES: ReadonlyMap<string, string> = new Map([["complain", "authority"], ["prove", "court"], ["refer", "partner"], ["represent", "lawyer"]]);

interface Grant {
  readonly report: string;
  readonly purpose: string;
  readonly audience: string;
  readonly items: readonly number[] | null;
  /** null for one by word of mouth. */
  readonly number: number | null;
}

interface Withdrawal {
  readonly reports: readonly string[];
  readonly numbers: readonly number[] | null;
}

/** How a grant is shown; what staff took down was not given by the reporter's hand. */
export type Given = "consent_in_report" | "consent_told" | "consent_by_mouth" | "consent_by_mouth_only";

/** Check the consents; return by the item's number in the package how its grant is shown. */
export function checkConsent(data: Bytes, contents: Contents): ReadonlyMap<number, Given> {
  if (ITEM_PURPOSES.get(contents.purpose) !== contents.audience) throw new VerifyError("consent.wrong_purpose", PACKAGE);
  const value = parseJson(withoutLf(data, WRONG), WRONG);
  // A package has it only if one of its reports was told to staff.
  const hasTold = value !== null && typeof value === "object" && Object.hasOwn(value, "told");
  const form = new Form(value, ["changes", "format", "grants", "staff_grants", ...(hasTold ? ["told"] : [])], WRONG);
  must(form.text("format") === "aigaq/consent-extract/v1", WRONG);
  const reports = new Map(contents.reports.map((one) => [one.id, one]));
  const grants = [
    ...form.forms("grants", GRANT).map((one) => readGrant(one, reports)),
    ...form.forms("staff_grants", STAFF_GRANT).map(readStaffGrant),
  ];
  const told = hasTold ? readTold(form.forms("told", TOLD), reports) : new Set<string>();
  const withdrawn = readChanges(form.list("changes"), contents);
  const given = new Map<number, Given>();
  for (const item of contents.items) {
    const covering = grants.filter((one) => one.purpose === contents.purpose && one.audience === contents.audience && one.report === item.report && (one.items === null || one.items.includes(item.itemNumber)));
    if (covering.length === 0) throw new VerifyError("consent.missing", item.path);
    const live = covering.filter((grant) => !withdrawn.some((one) => one.reports.includes(grant.report) && (one.numbers === null || (grant.number !== null && one.numbers.includes(grant.number)))));
    if (live.length === 0) throw new VerifyError("consent.withdrawn", item.path);
    const isInReport = live.some((one) => one.number !== null);
    const wasGiven = covering.some((one) => one.number !== null);
    given.set(item.number, !isInReport ? (wasGiven ? "consent_by_mouth_only" : "consent_by_mouth") : told.has(item.report) ? "consent_told" : "consent_in_report");
  }
  return given;
}

/** The reports that were told to staff, after the answer's leaf was found. */
function readTold(forms: readonly Form[], reports: ReadonlyMap<string, Report>): ReadonlySet<string> {
  const told = new Set<string>();
  for (const form of forms) {
    const report = reports.get(toHex(form.hex("report_id")));
    const way = form.text("way");
    if (!report || told.has(report.id) || !WAYS.includes(way)) throw new VerifyError(WRONG);
    const leaf = hashLeaf("aigaq/report-leaf/v1", form.base64("salt"), "answer", TOLD_HOW, way);
    checkInclusion(leaf, form.integer("leaf_index"), report.leafCount, form.hashes("leaf_path"), report.root, "consent");
    told.add(report.id);
  }
  must(told.size > 0, WRONG);
  return told;
}

function readItems(value: Json | undefined): readonly number[] | null {
  if (value === null) return null;
  if (!Array.isArray(value) || !value.every((one) => typeof one === "number")) throw new VerifyError(WRONG);
  return value as readonly number[];
}

function readGrant(form: Form, reports: ReadonlyMap<string, Report>): Grant {
  const report = reports.get(toHex(form.hex("report_id")));
  if (!report) throw new VerifyError(WRONG);
  const number = form.integer("number");
  const items = form.members["items"]!;
  const unsalted = { audience: form.text("audience"), items, number, purpose: form.text("purpose") };
  const leaf = hashLeaf("aigaq/report-leaf/v1", form.base64("salt"), "consent", number, encodeText(buildJson(unsalted, WRONG)));
  checkInclusion(leaf, form.integer("leaf_index"), report.leafCount, form.hashes("leaf_path"), report.root, "consent");
  return { report: report.id, purpose: unsalted.purpose, audience: unsalted.audience, items: readItems(items), number };
}

function readStaffGrant(form: Form): Grant {
  form.time("granted_at");
  form.text("by");
  form.text("how");
  return { report: toHex(form.hex("report_id")), purpose: form.text("purpose"), audience: form.text("audience"), items: readItems(form.members["items"]), number: null };
}

function readChanges(values: readonly Json[], contents: Contents): readonly Withdrawal[] {
  const last = new Map<string, number>();
  return values.map((value) => {
    const change = new Form(value, ["mailbox_key", "message"], WRONG);
    const key = change.base64("mailbox_key");
    const own = contents.reports.filter((one) => toHex(one.mailboxKey) === toHex(key)).map((one) => one.id);
    must(own.length > 0, WRONG);
    const form = new Form(openSignedJson(encodeText(change.text("message")), "aigaq/message/v1", key, "consent"), MESSAGE, WRONG);
    const sequence = form.integer("sequence", 1);
    must(toHex(form.hex("team_id", 16)) === toHex(contents.teamId) && toHex(form.base64("mailbox_key")) === toHex(key), "consent.other_mailbox");
    must(form.text("direction") === "to_desk" && sequence > (last.get(toHex(key)) ?? 0), "consent.wrong_sequence");
    last.set(toHex(key), sequence);
    must(form.text("kind") === "withdraw_consent", WRONG);
    const body = form.form("body", ["consents", "report_id"]);
    const named = body.isNull("report_id") ? own : own.filter((one) => one === toHex(body.hex("report_id")));
    return { reports: named, numbers: readItems(body.members["consents"]) };
  });
}

