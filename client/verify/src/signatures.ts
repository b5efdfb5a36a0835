// SPDX-License-Identifier: Apache-2.0
/** Ed25519 over bytes, and JSON files that carry their signature. Sources: RFC 8032; `spec/encoding.md`. */

import { ed25519 } from "@noble/curves/ed25519.js";

import { Form, decodeText, fromBase64, parseJson, type Bytes, type Json } from "./encoding";
import { VerifyError } from "./errors";

const LINE_BYTES = 89;
const P = 2n ** 255n - 19n;
const Y8 = fromLittle("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
/** The points of small order: under such a key one signature fits many texts. */
const SMALL_ORDER = new Set([0n, 1n, P - 1n, Y8, P - Y8]);

function fromLittle(hex: string): bigint {
  return BigInt(`0x${hex.match(/../g)!.reverse().join("")}`);
}

export function isSignedBy(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const y = [...publicKey].reverse().reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) & (2n ** 255n - 1n);
  if (y >= P || SMALL_ORDER.has(y)) return false;
  try {
    return ed25519.verify(signature, data, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

/** The members of a signed file of `format`, its signature checked. */
export function openSignedJson(data: Uint8Array, format: string, publicKey: Uint8Array, area: string): Json {
  const bad = `${area}.bad_form`;
  const signed = data.slice(0, -LINE_BYTES);
  const line = data.slice(-LINE_BYTES);
  if (line.length !== LINE_BYTES || signed.at(-1) !== 10 || line.at(-1) !== 10) throw new VerifyError(bad);
  const members = parseJson(signed.slice(0, -1), bad);
  const signature = fromBase64(decodeText(line.slice(0, -1), bad), bad);
  const isObject = members !== null && typeof members === "object" && !Array.isArray(members);
  if (!isObject || (members as { readonly format?: Json }).format !== format) throw new VerifyError(bad);
  if (!isSignedBy(publicKey, signed, signature)) throw new VerifyError(`${area}.wrong_signature`);
  return members;
}

const CARD = "batch desk_key exit_url fetch_key format gate_origin interval_seconds languages log_key log_origin maximum_delay_seconds message_key names reading_interval root_key services signed_at state team_id team_recipient version windows witnessing".split(" ");

/** What a verifier needs of a team card. */
export interface Card {
  readonly version: number;
  readonly teamId: Bytes;
  readonly names: Form;
  readonly logKey: Bytes;
  readonly logOrigin: string;
  readonly deskKey: Bytes;
  readonly state: string;
  /** In Unix seconds. */
  readonly signedAt: number;
}

export function parseCard(data: Bytes, rootKey: Bytes): Card {
  const bad = "card.bad_form";
  if (data.length > 64 * 1024) throw new VerifyError(bad);
  const form = new Form(openSignedJson(data, "aigaq/card/v1", rootKey, "card"), CARD, bad);
  if (!form.base64("root_key").every((byte, at) => byte === rootKey[at])) throw new VerifyError("card.other_root");
  const state = form.text("state");
  if (state !== "trial" && state !== "live") throw new VerifyError(bad);
  form.integer("maximum_delay_seconds", 1);
  form.form("reading_interval", ["hours", "text"]).integer("hours", 1);
  form.base64("message_key");
  return {
    version: form.integer("version", 1),
    teamId: form.hex("team_id", 16),
    names: form.form("names", ["en", "kk", "ru"]),
    logKey: form.base64("log_key"),
    logOrigin: form.text("log_origin"),
    deskKey: form.base64("desk_key"),
    state,
    signedAt: form.time("signed_at"),
  };
}
