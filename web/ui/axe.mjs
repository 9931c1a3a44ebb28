// Walks every page of the specimen with axe-core, in both languages, light and dark, wide and
// narrow, and fails on any violation or sideways scroll: npm run axe. Chromium comes from the
// machine; set CHROMIUM when it has another name.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const browser = process.env.CHROMIUM ?? "chromium";
const looks = [["fr-CA", "light", 1280], ["en-CA", "dark", 1280], ["fr-CA", "dark", 360], ["en-CA", "light", 320]];

const binary = join(mkdtempSync(join(tmpdir(), "specimen-")), "specimen");
await run("go", ["build", "-o", binary, "./web/ui/specimen"]);
const server = spawn(binary, ["-listen", "127.0.0.1:0", "-axe", "node_modules/axe-core/axe.min.js"]);
const address = await new Promise((found, failed) => {
  server.stderr.on("data", (text) => {
    const match = /http:\/\/[\d.:]+/.exec(text);
    if (match) found(match[0]);
  });
  server.on("exit", failed);
});

// One page in one look: what axe wrote into it. A page that did not get that far is a failure too.
// The window is taller than any page: a target that the sticky counter happens to cover half of,
// and that scrolling uncovers, is none.
async function check(name, [lang, theme, width]) {
  const { stdout } = await run(browser, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--virtual-time-budget=8000", `--window-size=${width},9000`, "--dump-dom", `${address}/page/${lang}/${name}?theme=${theme}`],
    { maxBuffer: 1 << 26 });
  const found = /<pre id="axe">(.*?)<\/pre>/s.exec(stdout)?.[1] ?? "axe did not run";
  return found === '{"wide":0,"violations":[]}' ? "" : found;
}

let failures = 0, checked = 0;
try {
  const listing = await (await fetch(address)).text();
  const names = new Set([...listing.matchAll(/fr-CA\/(\S+)/g)].map((m) => m[1]));
  names.delete("unbuilt"); // without its style sheet a page has no sizes to keep
  for (const look of looks) {
    for (const name of names) {
      const found = await check(name, look);
      checked++;
      if (found) {
        failures++;
        console.error(`${name} ${look.join(" ")}: ${found}`);
      }
    }
  }
} finally {
  server.kill();
  rmSync(join(binary, ".."), { recursive: true });
}
console.log(`${checked} pages looked at, ${failures} with something to mend`);
process.exit(failures ? 1 : 0);
