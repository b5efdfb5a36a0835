/**
 * The tus 1.0 requests of one draft (core, creation, checksum, termination; spec/gate-api.md).
 *
 * A part of ciphertext is kept by the caller until `sendPart` returns, so every cut can be mended
 * with the same bytes. If the gate no longer has what it acknowledged, `UploadLost` says that the
 * item must start again under a new file key. Offsets and sizes in bytes.
 */

import { hashPart } from "../crypto/hashing";
import { ClientError } from "../errors";
import { type Bytes, toBase64, utf8 } from "../protocol/bytes";
import { countSent } from "./memory";
import { type Answer, type Line, LineBroken, SLOWEST_RESUMABLE_BYTES_A_SECOND } from "./line";

const VERSION = { "Tus-Resumable": "1.0.0" } as const;
const UPLOAD_PATH = /\/api\/uploads\/[A-Za-z0-9_-]{43}$/u;

/** The gate does not have what this client sent. Never leaves this folder. */
export class UploadLost extends Error {}

export class Draft {
  /** base64 of 32 random bytes, known to this page and the gate alone. */
  readonly name: string;
  readonly #paths = new Map<string, string>();

  constructor(randomName: Bytes) {
    this.name = toBase64(randomName);
  }

  /** Begin the upload of `member`, in place of an earlier one. Returns its path. */
  async create(line: Line, member: string, size: number): Promise<string> {
    const metadata = `draft ${this.name},member ${toBase64(utf8(member))}`;
    const answer = await line.request("POST", "/api/uploads", {
      ...VERSION, "Upload-Length": String(size), "Upload-Metadata": metadata,
    });
    const path = UPLOAD_PATH.exec(answer.headers.get("Location") ?? "")?.[0];
    if (answer.status !== 201 || path === undefined) throw new ClientError("gate.refused", { status: answer.status });
    this.#paths.set(member, path);
    return path;
  }

  /** Send `part`, which begins at `offset`. Returns when the gate holds all of it. */
  async sendPart(line: Line, { path, offset, part }: { path: string; offset: number; part: Bytes }): Promise<void> {
    const end = offset + part.length;
    let at = offset;
    let isSure = true;
    await line.until(async () => {
      if (!isSure) at = await askOffset(line, path, { start: offset, end });
      isSure = false;
      if (at < end) at = await patch(line, path, at, part.subarray(at - offset));
      if (at !== end) throw new LineBroken();
    });
  }

  /** Ask the gate to drop everything of this draft. Best effort: unfinished uploads die alone. */
  async terminate(line: Line): Promise<void> {
    for (const path of this.#paths.values()) {
      await line.once("DELETE", path, VERSION).catch(() => undefined);
    }
  }
}

async function patch(line: Line, path: string, offset: number, bytes: Bytes): Promise<number> {
  const answer = await line.once("PATCH", path, {
    ...VERSION,
    "Content-Type": "application/offset+octet-stream",
    "Upload-Checksum": `sha256 ${toBase64(await hashPart(bytes))}`,
    "Upload-Offset": String(offset),
  }, bytes, SLOWEST_RESUMABLE_BYTES_A_SECOND);
  countSent(bytes.length);
  if (answer.status === 204) return offsetOf(answer);
  // 409: our offset is not the gate's; 460: the bytes were hurt on the way. Ask and send again.
  if (answer.status === 409 || answer.status === 460) throw new LineBroken();
  throw lostOrRefused(answer.status);
}

async function askOffset(line: Line, path: string, { start, end }: { start: number; end: number }): Promise<number> {
  const answer = await line.once("HEAD", path, VERSION);
  if (answer.status !== 200 && answer.status !== 204) throw lostOrRefused(answer.status);
  const offset = offsetOf(answer);
  if (offset < start || offset > end) throw new UploadLost();
  return offset;
}

function offsetOf(answer: Answer): number {
  const offset = Number(answer.headers.get("Upload-Offset") ?? "x");
  if (!Number.isSafeInteger(offset) || offset < 0) throw new ClientError("gate.refused", { status: answer.status });
  return offset;
}

function lostOrRefused(status: number): Error {
  return status === 404 || status === 410 ? new UploadLost() : new ClientError("gate.refused", { status });
}
