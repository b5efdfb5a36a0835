// SPDX-License-Identifier: Apache-2.0
/**
 * Builds the verifier's page, one file that needs nothing else, byte for byte the same each time.
 *
 *     node verify/build.mjs [--out FILE]    in client/
 */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "../../packages/aigaq-verify/src/aigaq_verify/verify.html");
const SHARED = { absWorkingDir: HERE, bundle: true, charset: "utf8", legalComments: "none", logLevel: "error", minify: true, target: ["chrome103", "firefox113", "safari16.4"], write: false };
const read = (name) => readFileSync(join(HERE, name), "utf8");
const digest = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

async function bundle(entry, more) {
  const result = await esbuild.build({ ...SHARED, ...more, entryPoints: [entry] });
  return result.outputFiles[0].text.trim();
}

const script = (await bundle("src/page.ts", { format: "iife" })).replaceAll("</script", "<\\/script");
const style = await bundle("page.css", {});
// Nothing may be fetched, sent or framed, by the page's own word.
const policy = `default-src 'none'; script-src ${digest(script)}; style-src ${digest(style)}; base-uri 'none'; form-action 'none'`;
const page = Object.entries({ policy, script, style }).reduce((text, [name, value]) => text.replace(`{{${name}}}`, () => value), read("page.html"));
const at = process.argv.indexOf("--out");
writeFileSync(at > 0 ? process.argv[at + 1] : OUT, page);
