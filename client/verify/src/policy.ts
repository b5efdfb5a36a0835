// SPDX-License-Identifier: Apache-2.0
/** Whom a verifier trusts: `aigaq-policy/v1`, with a C2SP tlog-policy in it. Source: `spec/policy.md`. */

import { parseCertificates, type Certificate } from "./certificates";
import { Form, encodeText, hash, same, toHex, type Bytes } from "./encoding";
import { VerifyError } from "./errors";
import { parseAnyJson } from "./json";
import { COSIGNATURE_ED25519, COSIGNATURE_ML_DSA_44, ED25519, parseVkey, type NoteKey } from "./notes";
import { openSignedJson } from "./signatures";

const BAD = "policy.bad_form";
const MAXIMUM_BYTES = 4 * 1024 * 1024;
const MAXIMUM_KEYS = 64;
const MAXIMUM_GROUP_DEPTH = 16;

interface Quorum {
  readonly name: string;
  readonly needed: number;
  readonly members: readonly Quorum[];
  readonly depth: number;
}

/** A timestamp authority: its name and its roots. */
export interface Authority {
  readonly name: string;
  readonly certificates: readonly Certificate[];
}

export interface Policy {
  readonly name: string;
  readonly logs: readonly NoteKey[];
  readonly witnesses: readonly (readonly [name: string, key: NoteKey])[];
  readonly quorum: Quorum | null;
  readonly retirements: readonly string[];
  readonly authorities: readonly Authority[];
  readonly needsQuorum: boolean;
  readonly neededTimestamps: number;
  checkRoot(rootKey: Bytes): void;
}

export function isMet(quorum: Quorum, cosigned: ReadonlySet<string>): boolean {
  if (quorum.members.length === 0) return cosigned.has(quorum.name);
  return quorum.members.filter((member) => isMet(member, cosigned)).length >= quorum.needed;
}

/** The first 88 bits of SHA-256 of a root key, as eight numbers of 11 bits. */
export function fingerprint(rootKey: Bytes): readonly number[] {
  const bits = [...hash(rootKey).slice(0, 11)].reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return Array.from({ length: 8 }, (_, at) => Number((bits >> BigInt(77 - 11 * at)) & 2047n));
}

export function parsePolicy(data: Bytes): Policy {
  if (data.length > MAXIMUM_BYTES) throw new VerifyError(BAD);
  const value = parseAnyJson(data, BAD);
  const found = value !== null && typeof value === "object" && !Array.isArray(value) ? Object.keys(value) : [];
  const optional = ["root_key", "root_fingerprint", "require"].filter((name) => found.includes(name));
  if (!found.includes("root_key") && !found.includes("root_fingerprint")) throw new VerifyError(BAD);
  const form = new Form(value, ["format", "name", "retirements", "timestamp_authorities", "tlog_policy", ...optional], BAD);
  if (form.text("format") !== "aigaq-policy/v1") throw new VerifyError(BAD);
  const required = found.includes("require") ? form.form("require", ["cosigned", "timestamps"]) : null;
  const needsQuorum = required?.boolean("cosigned") ?? true;
  const neededTimestamps = required?.integer("timestamps") ?? 0;
  if (!needsQuorum && !neededTimestamps) throw new VerifyError(BAD);
  const rootKey = found.includes("root_key") ? form.base64("root_key") : null;
  const words = found.includes("root_fingerprint") ? readFingerprint(form.text("root_fingerprint")) : null;
  return {
    name: form.text("name"),
    ...parseLogPolicy(form.text("tlog_policy")),
    retirements: form.list("retirements").map((one) => {
      if (typeof one !== "string") throw new VerifyError(BAD);
      return one;
    }),
    authorities: readAuthorities(form),
    needsQuorum,
    neededTimestamps,
    checkRoot(given: Bytes): void {
      const isOther = (rootKey && !same(rootKey, given)) || (words && words.join() !== fingerprint(given).join());
      if (isOther) throw new VerifyError("policy.other_root");
    },
  };
}

/** The authorities; none stands twice, or one token would count for two. */
function readAuthorities(form: Form): readonly Authority[] {
  const authorities = form.forms("timestamp_authorities", ["certificates", "name"]).map((one) => ({
    name: one.text("name"),
    certificates: parseCertificates(encodeText(one.text("certificates")), BAD),
  }));
  const roots = authorities.flatMap((one) => [...new Set(one.certificates.map((each) => toHex(each.der)))]);
  if (new Set(authorities.map((one) => one.name)).size !== authorities.length || new Set(roots).size !== roots.length) throw new VerifyError(BAD);
  return authorities;
}

function readFingerprint(text: string): readonly number[] {
  const numbers = [...text.matchAll(/\b([0-9]{4})\b/g)].map((one) => Number(one[1]));
  if (numbers.length !== 8 || numbers.some((one) => one > 2047)) throw new VerifyError(BAD);
  return numbers;
}

function parseLogPolicy(text: string): Pick<Policy, "logs" | "witnesses" | "quorum"> {
  const logs: NoteKey[] = [];
  const witnesses: (readonly [string, NoteKey])[] = [];
  const known = new Map<string, Quorum>();
  const used = new Set<string>();
  let quorum: Quorum | null | undefined;
  const isNew = (name: string): boolean => name !== "none" && !known.has(name);
  if (text && !text.endsWith("\n")) throw new VerifyError(BAD);
  for (const line of text.split("\n")) {
    // eslint-disable-next-line no-control-regex
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) throw new VerifyError(BAD);
    const [keyword, ...rest] = line.split(/[ \t]+/).filter((word) => word !== "");
    if (keyword === undefined || keyword.startsWith("#")) continue;
    const [name] = rest;
    if (keyword === "log" && (rest.length === 1 || rest.length === 2)) {
      logs.push(readKey(name!, [ED25519], logs));
    } else if (keyword === "witness" && (rest.length === 2 || rest.length === 3) && isNew(name!)) {
      witnesses.push([name!, readKey(rest[1]!, [COSIGNATURE_ED25519, COSIGNATURE_ML_DSA_44], witnesses.map(([, key]) => key))]);
      known.set(name!, { name: name!, needed: 1, members: [], depth: 1 });
    } else if (keyword === "group" && rest.length >= 3 && isNew(name!)) {
      known.set(name!, readGroup(rest, known, used));
    } else if (keyword === "quorum" && rest.length === 1 && quorum === undefined && (name === "none" || known.has(name!))) {
      quorum = name === "none" ? null : known.get(name!)!;
    } else {
      throw new VerifyError(BAD);
    }
  }
  if (quorum === undefined) throw new VerifyError(BAD);
  return { logs, witnesses, quorum };
}

function readKey(text: string, kinds: readonly number[], others: readonly NoteKey[]): NoteKey {
  const key = parseVkey(text, BAD);
  if (others.length >= MAXIMUM_KEYS || !kinds.includes(key.kind) || others.some((one) => same(one.publicKey, key.publicKey))) throw new VerifyError(BAD);
  return key;
}

function readGroup([name, count, ...names]: readonly string[], known: ReadonlyMap<string, Quorum>, used: Set<string>): Quorum {
  if (names.some((one) => !known.has(one) || used.has(one)) || new Set(names).size !== names.length) throw new VerifyError(BAD);
  const members = names.map((one) => known.get(one)!);
  const depth = 1 + Math.max(...members.map((one) => one.depth));
  if (depth > MAXIMUM_GROUP_DEPTH) throw new VerifyError(BAD);
  names.forEach((one) => used.add(one));
  const needed = count === "any" ? 1 : count === "all" ? names.length : /^[1-9][0-9]{0,3}$/.test(count!) ? Number(count) : 0;
  if (needed < 1 || needed > names.length) throw new VerifyError(BAD);
  return { name: name!, needed, members, depth };
}

export interface Retirement {
  readonly logKey: Bytes;
  readonly lastCheckpoint: string | null;
  readonly retiredAt: number;
}

export function parseRetirement(text: string, rootKey: Bytes): Retirement {
  const members = openSignedJson(encodeText(text), "aigaq/key-retirement/v1", rootKey, "retirement");
  const names = ["format", "last_checkpoint", "log_key", "log_origin", "new_log_origin", "retired_at", "team_id"];
  const form = new Form(members, names, "retirement.bad_form");
  return {
    logKey: form.base64("log_key"),
    lastCheckpoint: form.isNull("last_checkpoint") ? null : form.text("last_checkpoint"),
    retiredAt: form.time("retired_at"),
  };
}

