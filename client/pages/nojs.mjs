/**
 * Copies what the gate renders for a browser without JavaScript: `node pages/nojs.mjs [--out DIR]`.
 *
 * `templates/plain_*.html` as they are; `texts/<lang>.json` with the keys that these templates use;
 * `texts/questions.json` from `spec/`. A test runs it again and compares the bytes.
 */

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const place = process.argv.indexOf("--out");
const OUT = place < 0 ? join(HERE, "../../src/aigaq/gate") : process.argv[place + 1];
const SPACES = ["before.", "code.risk", "consent.", "exit.", "files.hidden_why", "foot.", "help.", "nav.help", "plain.", "q.", "step.consent", "trial."];

for (const folder of ["templates", "texts"]) mkdirSync(join(OUT, folder), { recursive: true });
for (const name of readdirSync(join(HERE, "nojs")).sort()) copyFileSync(join(HERE, "nojs", name), join(OUT, "templates", name));
for (const language of ["en", "kk", "ru"]) {
  const texts = JSON.parse(readFileSync(join(HERE, `../texts/${language}.json`), "utf8"));
  const used = Object.entries(texts).filter(([key]) => SPACES.some((space) => key.startsWith(space)));
  writeFileSync(join(OUT, `texts/${language}.json`), `${JSON.stringify(Object.fromEntries(used), null, 2)}\n`);
}
copyFileSync(join(HERE, "../../spec/questions.json"), join(OUT, "texts/questions.json"));
