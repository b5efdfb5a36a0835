// Uploads a file with tus-js-client, as its own users would: argument 1 is a JSON task, the answer a JSON line.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const task = JSON.parse(process.argv[2]);
const require = createRequire(task.client);
const tus = require("tus-js-client");
const data = readFileSync(task.file);
let cuts = task.cuts;

const upload = new tus.Upload(data, {
  endpoint: task.endpoint,
  metadata: { draft: null, member: null },
  chunkSize: task.chunk,
  retryDelays: [0, 100, 200, 400],
  removeFingerprintOnSuccess: true,
  uploadUrl: null,
  onBeforeRequest(request) {
    const under = request.getUnderlyingObject?.();
    // The line is cut in the middle of a part, as often as the task says.
    if (request.getMethod() === "PATCH" && cuts > 0) {
      cuts -= 1;
      setTimeout(() => request.abort().catch(() => {}), 15);
    }
    return under;
  },
  onError(error) {
    console.log(JSON.stringify({ error: String(error), status: error.originalResponse?.getStatus() }));
    process.exit(1);
  },
  async onSuccess() {
    const url = upload.url;
    if (task.terminate) await upload.abort(true);
    console.log(JSON.stringify({ url }));
  },
});
// The values are bytes, which the option `metadata` would encode as text.
upload.options.metadata = {};
upload.options.headers = { "Upload-Metadata": task.metadata };
upload.start();
