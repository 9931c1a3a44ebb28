// Builds what the browser gets: the components' CSS and script, and the fonts, into
// web/dist, each under a name that carries its content's hash. Go embeds the folder.
// Nothing here reaches the network: npm ci has fetched what is used.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { transform } from "lightningcss";

const web = dirname(fileURLToPath(import.meta.url));
const modules = join(web, "..", "node_modules");
const dist = join(web, "dist");

const fonts = {
  "public-sans-latin.woff2": "@fontsource-variable/public-sans/files/public-sans-latin-wght-normal.woff2",
  "public-sans-latin-ext.woff2": "@fontsource-variable/public-sans/files/public-sans-latin-ext-wght-normal.woff2",
  "besley-latin.woff2": "@fontsource/besley/files/besley-latin-600-normal.woff2",
  "besley-latin-ext.woff2": "@fontsource/besley/files/besley-latin-ext-600-normal.woff2",
};
const licences = {
  "LICENSE.public-sans.txt": "@fontsource-variable/public-sans/LICENSE",
  "LICENSE.besley.txt": "@fontsource/besley/LICENSE",
  "LICENSE.htmx.txt": "htmx.org/LICENSE",
};

// version writes a browser's version as lightningcss counts it.
const version = (major, minor = 0) => (major << 16) | (minor << 8);

const manifest = {};

// keep writes a file under its hashed name, with a gzip twin when that is smaller.
function keep(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const hashed = name.replace(/(\.[^.]+)$/, `-${hash}$1`);
  writeFileSync(join(dist, hashed), bytes);
  const packed = gzipSync(bytes, { level: 9 });
  if (packed.length < bytes.length * 0.95) writeFileSync(join(dist, hashed + ".gz"), packed);
  manifest[name] = hashed;
  return { hashed, size: Math.min(packed.length, bytes.length) };
}

// styles lists the style sheets in the order of the cascade: tokens and bare
// elements, then components, then the phone, then pages, and paper last.
function styles() {
  const sheets = (folder) => readdirSync(join(web, folder)).filter((f) => f.endsWith(".css")).sort().map((f) => `${folder}/${f}`);
  const placed = ["ui/tokens.css", "ui/base.css", "ui/narrow.css", "ui/print.css"];
  const [tokens, base, narrow, print] = placed;
  const components = sheets("ui").filter((f) => !placed.includes(f));
  return [tokens, base, ...components, narrow, ...["shop", "portal", "desk"].flatMap(sheets), print];
}

mkdirSync(dist, { recursive: true });
for (const file of readdirSync(dist)) if (file !== ".gitkeep") rmSync(join(dist, file), { recursive: true });

keep("sign.svg", readFileSync(join(web, "ui", "sign.svg")));
for (const [name, from] of Object.entries(fonts)) keep(name, readFileSync(join(modules, from)));
for (const [name, from] of Object.entries(licences)) copyFileSync(join(modules, from), join(dist, name));

// lightningcss turns light-dark() into custom properties that older browsers know.
let css = styles().map((file) => readFileSync(join(web, file), "utf8")).join("\n");
css = css.replace(/url\("([^"]+\.woff2)"\)/g, (_, name) => `url("${manifest[name]}")`);
const sheet = transform({
  filename: "style.css",
  code: Buffer.from(css),
  minify: true,
  targets: { safari: version(15, 4), chrome: version(100), firefox: version(100) },
});
for (const warning of sheet.warnings) console.warn(`${warning.message} (style.css:${warning.loc?.line})`);
const style = keep("style.css", sheet.code);

const script = await build({
  entryPoints: [join(web, "ui", "live.js")],
  bundle: true,
  minify: true,
  write: false,
  format: "iife",
  target: ["safari15.4", "chrome100", "firefox100"],
  legalComments: "none",
});
const code = keep("script.js", script.outputFiles[0].contents);

writeFileSync(join(dist, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");
console.log(`web/dist: style ${style.size} B, script ${code.size} B compressed`);
