// Reads proofs from standard input and says what @sigstore/verify thinks of each: "" or its code.
// "inclusion" is the path under the root and size that the proof names, "whole" the path under the
// checkpoint, after its signature was verified. Run in client/, where the package is.
import { createPublicKey } from "node:crypto";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(process.cwd(), "node_modules/@sigstore/verify/dist/tlog");
const require = createRequire(import.meta.url);
const { verifyMerkleInclusion } = require(join(folder, "merkle.js"));
const { verifyCheckpoint } = require(join(folder, "checkpoint.js"));

const asked = JSON.parse(readFileSync(0, "utf8"));
const publicKey = createPublicKey(asked.key);
const bytes = (text) => Buffer.from(text, "base64");

const judge = (check) => {
  try {
    check();
    return "";
  } catch (error) {
    return error.code ?? String(error);
  }
};

const answers = asked.entries.map((entry) => {
  const proof = entry.inclusionProof;
  const read = {
    canonicalizedBody: bytes(entry.canonicalizedBody),
    inclusionProof: { ...proof, hashes: proof.hashes.map(bytes), rootHash: bytes(proof.rootHash) },
  };
  const log = { baseURL: asked.origin, logID: bytes(entry.logId.keyId), publicKey };
  const named = { logSize: BigInt(proof.treeSize), logHash: bytes(proof.rootHash) };
  return {
    inclusion: judge(() => verifyMerkleInclusion(read, named)),
    whole: judge(() => verifyMerkleInclusion(read, verifyCheckpoint(read, [log]))),
  };
});
process.stdout.write(JSON.stringify(answers));
