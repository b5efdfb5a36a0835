/**
 * Signed JSON: RFC 8785 JSON, LF, base64 of an Ed25519 signature over all bytes before, LF
 * (spec/encoding.md). A reader trusts only the key that it is given.
 */

import { ClientError } from "../errors";
import { isSigned, sign, type SigningKey } from "../crypto/signing";
import { type Bytes, concat, fromBase64, fromUtf8, toBase64, utf8 } from "./bytes";
import { canonicalJson, type JsonObject, parseCanonicalObject } from "./canonical-json";

const LF = 0x0a;
const SIGNATURE_LINE_BYTES = 89; // 88 characters of base64 for 64 bytes, and the LF

export function buildSignedJson(object: JsonObject, key: SigningKey): Bytes {
  const signed = utf8(`${canonicalJson(object)}\n`);
  return concat(signed, utf8(`${toBase64(sign(signed, key))}\n`));
}

/**
 * The object in `file`: its form, its `format`, then the signature under `publicKey`. Throws
 * `signed_json.bad_form`, `.wrong_format` or `.wrong_signature`.
 */
export function openSignedJson(file: Uint8Array, { format, publicKey }: { format: string; publicKey: Uint8Array }): JsonObject {
  const { signed, signature, object } = split(file);
  if (object["format"] !== format) throw new ClientError("signed_json.wrong_format");
  if (!isSigned(signed, signature, publicKey)) throw new ClientError("signed_json.wrong_signature");
  return object;
}

function split(file: Uint8Array): { signed: Uint8Array; signature: Bytes; object: JsonObject } {
  try {
    const end = file.length - SIGNATURE_LINE_BYTES;
    if (end < 3 || file[end - 1] !== LF || file[file.length - 1] !== LF) throw new ClientError("signed_json.bad_form");
    const signed = file.subarray(0, end);
    const object = parseCanonicalObject(signed.subarray(0, -1));
    return { signed, object, signature: fromBase64(fromUtf8(file.subarray(end, -1)), 64) };
  } catch {
    throw new ClientError("signed_json.bad_form");
  }
}
