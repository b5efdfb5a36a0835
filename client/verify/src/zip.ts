// SPDX-License-Identifier: Apache-2.0
/**
 * A package in a ZIP, read strictly: entries one behind the other from the first byte, headers that
 * agree with the directory, nothing else. Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3.
 */

import { decodeText, same, type Bytes } from "./encoding";
import { VerifyError } from "./errors";
import { Source, streamBlocks } from "./files";

const LOCAL = 30;
const CENTRAL = 46;
const END = 22;
const END64 = 56;
const LOCATOR = 20;
const UTF8_FLAG = 0x800;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;
const MAXIMUM_FILES = 100_000;
const MAXIMUM_ENTRY_BYTES = CENTRAL + 1_024 + 28;

interface Entry {
  readonly name: string;
  readonly rawName: Bytes;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly headerAt: number;
}

async function view(file: Blob, at: number, length: number): Promise<DataView<ArrayBuffer>> {
  if (at < 0 || at + length > file.size) throw new VerifyError("files.bad_zip");
  return new DataView(await file.slice(at, at + length).arrayBuffer());
}

function uint64At(data: DataView, at: number): number {
  const value = Number(data.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw new VerifyError("files.wrong_size");
  return value;
}

export class Archive extends Source {
  private readonly entries: ReadonlyMap<string, Entry>;

  private constructor(private readonly file: Blob, entries: readonly Entry[], private readonly starts: ReadonlyMap<string, number>) {
    super(entries.map((one) => one.name));
    this.entries = new Map(entries.map((one) => [one.name, one]));
  }

  static async open(file: Blob): Promise<Archive> {
    const { count, size, at, endAt } = await readEnd(file);
    if (count > MAXIMUM_FILES) throw new VerifyError("files.too_many");
    if (at + size !== endAt || size > count * MAXIMUM_ENTRY_BYTES) throw new VerifyError("files.hidden_bytes");
    const data = await view(file, at, size);
    const entries: Entry[] = [];
    let position = 0;
    for (let number = 0; number < count; number++) position = readCentral(data, position, entries);
    if (position !== size) throw new VerifyError("files.hidden_bytes");
    return new Archive(file, entries, await checkLayout(file, entries, at));
  }

  async *blocks(name: string): AsyncGenerator<Uint8Array> {
    const one = this.entries.get(name)!;
    const start = this.starts.get(name)!;
    const packed = this.file.slice(start, start + one.packedSize).stream();
    const stream = one.method === 8 ? packed.pipeThrough(new DecompressionStream("deflate-raw")) : packed;
    let [size, crc] = [0, FULL32];
    for await (const block of streamBlocks(stream, name)) {
      size += block.length;
      crc = updateCrc(crc, block);
      if (size > one.size) throw new VerifyError("files.wrong_size", name);
      yield block;
    }
    if (size !== one.size) throw new VerifyError("files.wrong_size", name);
    if ((crc ^ FULL32) >>> 0 !== one.crc) throw new VerifyError("files.wrong_crc", name);
  }
}

async function readEnd(file: Blob): Promise<{ count: number; size: number; at: number; endAt: number }> {
  const endAt = file.size - END;
  const end = await view(file, endAt, END);
  if (end.getUint32(0, true) !== 0x06054b50) throw new VerifyError("files.bad_zip");
  const [disk, first, here, count] = [4, 6, 8, 10].map((at) => end.getUint16(at, true)) as [number, number, number, number];
  if (disk || first || here !== count || end.getUint16(20, true)) throw new VerifyError("files.hidden_bytes");
  const [size, at] = [end.getUint32(12, true), end.getUint32(16, true)];
  if (count !== FULL16 && size !== FULL32 && at !== FULL32) return { count, size, at, endAt };
  const recordAt = endAt - LOCATOR - END64;
  const locator = await view(file, endAt - LOCATOR, LOCATOR);
  if (locator.getUint32(0, true) !== 0x07064b50 || locator.getUint32(4, true) || uint64At(locator, 8) !== recordAt || locator.getUint32(16, true) !== 1) throw new VerifyError("files.bad_zip");
  const record = await view(file, recordAt, END64);
  if (record.getUint32(0, true) !== 0x06064b50 || uint64At(record, 4) !== END64 - 12 || record.getUint32(16, true) || record.getUint32(20, true)) throw new VerifyError("files.bad_zip");
  if (uint64At(record, 24) !== uint64At(record, 32)) throw new VerifyError("files.bad_zip");
  return { count: uint64At(record, 32), size: uint64At(record, 40), at: uint64At(record, 48), endAt: recordAt };
}

/** Read one entry of the directory into `entries`; return where the next one begins. */
function readCentral(data: DataView<ArrayBuffer>, from: number, entries: Entry[]): number {
  if (data.byteLength - from < CENTRAL) throw new VerifyError("files.bad_zip");
  const short = (at: number): number => data.getUint16(from + at, true);
  const long = (at: number): number => data.getUint32(from + at, true);
  const [nameBytes, extraBytes] = [short(28), short(30)];
  const next = from + CENTRAL + nameBytes + extraBytes;
  if (long(0) !== 0x02014b50 || next > data.byteLength) throw new VerifyError("files.bad_zip");
  const rawName = new Uint8Array(data.buffer.slice(from + CENTRAL, from + CENTRAL + nameBytes));
  const flags = short(8);
  const name = decodeText(rawName, "files.bad_path");
  if (!(flags & UTF8_FLAG) && rawName.some((byte) => byte > 0x7f)) throw new VerifyError("files.bad_path");
  if (short(32) || short(34)) throw new VerifyError("files.hidden_bytes", name);
  const method = short(10);
  if (flags & ~UTF8_FLAG || (method !== 0 && method !== 8)) throw new VerifyError("files.bad_zip", name);
  const external = long(38);
  const kind = (external >>> 16) & 0xf000;
  if (name.endsWith("/") || external & 0x10 || (kind !== 0 && kind !== 0x8000)) throw new VerifyError("files.special", name);
  const values = [long(24), long(20), long(42)];
  const large = [0, 1, 2].filter((number) => values[number] === FULL32);
  const extraAt = from + CENTRAL + nameBytes;
  if (extraBytes !== (large.length ? 4 + 8 * large.length : 0)) throw new VerifyError("files.hidden_bytes", name);
  if (large.length && (data.getUint16(extraAt, true) !== 1 || data.getUint16(extraAt + 2, true) !== 8 * large.length)) throw new VerifyError("files.hidden_bytes", name);
  large.forEach((number, place) => (values[number] = uint64At(data, extraAt + 4 + 8 * place)));
  const [size, packedSize, headerAt] = values as [number, number, number];
  if (method === 0 && packedSize !== size) throw new VerifyError("files.wrong_size", name);
  entries.push({ name, rawName, flags, method, crc: long(16), packedSize, size, headerAt });
  return next;
}

async function checkLayout(file: Blob, entries: readonly Entry[], directoryAt: number): Promise<Map<string, number>> {
  const starts = new Map<string, number>();
  let at = 0;
  for (const one of [...entries].sort((first, second) => first.headerAt - second.headerAt)) {
    if (one.headerAt !== at) throw new VerifyError("files.hidden_bytes", one.name);
    const start = at + (await checkLocal(file, one));
    starts.set(one.name, start);
    at = start + one.packedSize;
    if (at > directoryAt) throw new VerifyError("files.wrong_size", one.name);
  }
  if (starts.size !== entries.length) throw new VerifyError("files.twins");
  if (at !== directoryAt) throw new VerifyError("files.hidden_bytes");
  return starts;
}

async function checkLocal(file: Blob, one: Entry): Promise<number> {
  const length = LOCAL + one.rawName.length;
  const data = await view(file, one.headerAt, Math.min(length + 20, file.size - one.headerAt));
  if (data.byteLength < length) throw new VerifyError("files.bad_zip", one.name);
  const [nameBytes, extraBytes] = [data.getUint16(26, true), data.getUint16(28, true)];
  const agrees = data.getUint32(0, true) === 0x04034b50 && data.getUint16(6, true) === one.flags && data.getUint16(8, true) === one.method && data.getUint32(14, true) === one.crc;
  const name = new Uint8Array(data.buffer.slice(LOCAL, LOCAL + nameBytes));
  if (!agrees || !same(name, one.rawName)) throw new VerifyError("files.bad_zip", one.name);
  let [packed, size] = [data.getUint32(18, true), data.getUint32(22, true)];
  if (extraBytes !== 0 && extraBytes !== 20) throw new VerifyError("files.hidden_bytes", one.name);
  if (extraBytes) {
    const isZip64 = data.byteLength === length + 20 && data.getUint16(length, true) === 1 && data.getUint16(length + 2, true) === 16;
    if (!isZip64 || packed !== FULL32 || size !== FULL32) throw new VerifyError("files.hidden_bytes", one.name);
    [size, packed] = [uint64At(data, length + 4), uint64At(data, length + 12)];
  }
  if (packed !== one.packedSize || size !== one.size) throw new VerifyError("files.wrong_size", one.name);
  return length + extraBytes;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function updateCrc(crc: number, block: Uint8Array): number {
  let value = crc;
  for (const byte of block) value = CRC_TABLE[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return value >>> 0;
}
