/**
 * Builds the reporters' bundle into `src/aigaq/gate/bundle/`, byte for byte the same each time.
 *
 *     node build.mjs [--out DIR]           the bundle
 *     node build.mjs --conformance FILE    the same modules, opened to the tests of the vectors
 *     node build.mjs --desk FILE           the desk's script that draws a new receipt code
 *
 * Inputs: `pages/index.html`, `styles/`, `texts/`, `src/`. API.md says what is replaced; `stamp_bundle`
 * in Python writes card and root key afterwards. Nothing here reads a clock, a path or the network.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const BUNDLE = join(HERE, "../src/aigaq/gate/bundle");
const LANGUAGES = ["en", "kk", "ru"];
const SHARED = {
  absWorkingDir: HERE,
  bundle: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "error",
  minify: true,
  // Old Safari errs in one rare form of destructuring, which nobody here writes.
  supported: { destructuring: true },
  target: ["chrome94", "firefox93", "safari15.4"],
  write: false,
};
/** The texts that the first page needs before anything else has come. */
const EARLY = /^(exit|foot|help|home|leave|nav|trial)\.|^error\.bundle\./;
const OFFLINE_POLICY = "default-src 'none'; img-src blob: data:; media-src blob:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const read = (path) => readFileSync(join(HERE, path), "utf8");
const digest = (algorithm, data) => createHash(algorithm).update(data).digest("base64");
const sri = (data) => `sha384-${digest("sha384", data)}`;

/** One script of `entry`, classic and self-contained. `integrity` is what `aigaq:integrity` means in it. */
async function script(entry, integrity) {
  const plugins = [withoutOtherCurves, integrityOf(integrity)];
  const result = await esbuild.build({ ...SHARED, ...entry, format: "iife", plugins });
  return result.outputFiles[0].text;
}

/**
 * Noble's hybrids are made when the module loads, so esbuild must keep those that nobody asks for and
 * the NIST curves under them (10 KB). Marking the calls as free of side effects lets it drop them.
 */
const withoutOtherCurves = {
  name: "without-other-curves",
  setup(build) {
    build.onLoad({ filter: /@noble\/post-quantum\/hybrid\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/(?<!function )\b(QSF|createKitchenSink|ecdhKem)\(/g, "/* @__PURE__ */ $1("),
      loader: "js",
    }));
  },
};

async function style(name) {
  const result = await esbuild.build({ ...SHARED, entryPoints: [`styles/${name}`] });
  return result.outputFiles[0].text;
}

/** `aigaq:integrity`: by path, the integrity of what the first script fetches. */
function integrityOf(integrity) {
  return {
    name: "aigaq-integrity",
    setup(build) {
      build.onResolve({ filter: /^aigaq:integrity$/ }, ({ path }) => ({ path, namespace: "aigaq" }));
      build.onLoad({ filter: /.*/, namespace: "aigaq" }, () => ({ contents: JSON.stringify(integrity), loader: "json" }));
    },
  };
}

/** The texts of the pages as JSON; those of the path without JavaScript are the gate's own. */
function pageTexts(language) {
  const entries = Object.entries(textsIn(language)).filter(([key]) => !key.startsWith("plain."));
  return `${JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))))}\n`;
}

/** Those that `isWanted`, as data in the document, without those that stand in its elements. */
function textsElement(language, isWanted) {
  const held = new Set([...read("pages/index.html").matchAll(/\{\{t:([^}]+)\}\}/g)].map(([, key]) => key));
  const entries = Object.entries(JSON.parse(pageTexts(language))).filter(([key]) => !held.has(key) && isWanted(key));
  const json = JSON.stringify(Object.fromEntries(entries)).replaceAll("<", "\\u003c");
  return `<script type="application/json" id="texts">${json}</script>`;
}

function textsIn(language) {
  return JSON.parse(read(`texts/${language}.json`));
}

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** The template in one language, with its online or its offline parts. */
function documentOf(language, { keep, drop, head, scripts }) {
  const texts = textsIn(language);
  const html = read("pages/index.html")
    .replace(new RegExp(`<!--${drop}-->[^]*?<!--/${drop}-->`, "g"), "")
    .replace(new RegExp(`<!--/?${keep}-->`, "g"), "")
    .replace(/\{\{t:([^}]+)\}\}/g, (_, key) => {
      if (typeof texts[key] !== "string") throw new Error(`no text ${key} in ${language}`);
      return escapeHtml(texts[key]);
    })
    .replaceAll("{{lang}}", language)
    .replace("{{head}}", () => head)
    .replace("{{scripts}}", () => scripts);
  if (/\{\{[a-z]+/.test(html.replace(scripts, ""))) throw new Error("something in the template was not replaced");
  return html;
}

function offlineHead({ script, page }) {
  const allowed = `script-src 'sha256-${digest("sha256", script)}' 'wasm-unsafe-eval'; style-src 'sha256-${digest("sha256", page)}'`;
  return `<meta http-equiv="Content-Security-Policy" content="${OFFLINE_POLICY}; ${allowed}">\n<style>${page}</style>`;
}

/** The notices of all that is compiled in, which their licences ask us to keep. */
function licenses() {
  const { dependencies } = JSON.parse(read("package.json"));
  return Object.keys(dependencies).sort().map((name) => {
    const { version } = JSON.parse(read(`node_modules/${name}/package.json`));
    return `${name} ${version}\n\n${read(`node_modules/${name}/LICENSE`).trim()}\n`;
  }).join(`\n${"-".repeat(80)}\n\n`);
}

async function buildBundle() {
  const files = new Map();
  const page = await style("page.css");
  files.set("a/page.css", page).set("a/plain.css", await style("plain.css")).set("a/licenses.txt", licenses());
  files.set("a/review.json", read("texts/review.json"));
  files.set("a/seal.js", await script({ entryPoints: ["src/sealer.ts"] }, {}));
  for (const language of LANGUAGES) files.set(`a/texts.${language}.json`, pageTexts(language));
  const fetched = ["a/seal.js", ...LANGUAGES.map((language) => `a/texts.${language}.json`)];
  const main = await script({ entryPoints: ["src/main.ts"] }, Object.fromEntries(fetched.map((path) => [path, sri(files.get(path))])));
  files.set("a/main.js", main);
  const both = { contents: 'import "./sealer"; import "./main";', resolveDir: join(HERE, "src"), loader: "ts" };
  const offline = await script({ stdin: both }, {});
  for (const language of LANGUAGES) {
    files.set(`index.${language}.html`, documentOf(language, {
      keep: "online", drop: "offline", head: `<style>${page}</style>`,
      scripts: `${textsElement(language, (key) => EARLY.test(key))}\n<script>${main}</script>`,
    }));
    files.set(`offline.${language}.html`, documentOf(language, {
      keep: "offline", drop: "online", head: offlineHead({ script: offline, page }),
      scripts: `${textsElement(language, () => true)}\n<script>${offline}</script>`,
    }));
  }
  for (const path of fetched) files.set(`${path}.br`, brotli(files.get(path)));
  return files;
}

/** Made here since Python has no brotli; documents are stamped later and have gzip only. */
function brotli(text) {
  const data = Buffer.from(text, "utf8");
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_MODE, BROTLI_PARAM_SIZE_HINT } = constants;
  return brotliCompressSync(data, { params: {
    [BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [BROTLI_PARAM_QUALITY]: 11,
    [BROTLI_PARAM_LGWIN]: 22, [BROTLI_PARAM_SIZE_HINT]: data.length,
  } });
}

/** RFC 8785 JSON and one LF: members sorted, no spaces, ASCII values only. */
function manifestOf(files) {
  const listed = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, content]) => {
    const data = Buffer.from(content);
    return { path, sha256: createHash("sha256").update(data).digest("hex"), size: data.length, sri: sri(data) };
  });
  return `${JSON.stringify({ files: listed, format: "aigaq/bundle/v1" })}\n`;
}

function writeAll(folder, files) {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function optionOf(name) {
  const index = process.argv.indexOf(name);
  return index < 0 ? null : process.argv[index + 1];
}

const conformance = optionOf("--conformance");
const desk = optionOf("--desk");
if (desk !== null) {
  const text = await script({ entryPoints: ["src/desk/new-code.ts"] }, {});
  writeFileSync(desk, `/* Licences: aigaq/gate/bundle/a/licenses.txt */\n${text}`);
} else if (conformance === null) {
  const files = await buildBundle();
  files.set("bundle-manifest.json", manifestOf(files));
  writeAll(optionOf("--out") ?? BUNDLE, files);
} else {
  writeFileSync(conformance, await script({ entryPoints: ["src/conformance.ts"] }, {}));
}
