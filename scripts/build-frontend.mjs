// Builds the front end. In: src/narvaro/web/frontend. Out: src/narvaro/web/static/built.
// With --test: bundles *.test.ts aside and runs them with node's own runner.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "src/narvaro/web/frontend");
const built = join(root, "src/narvaro/web/static/built");
const common = { bundle: true, minify: true, target: "es2022", logLevel: "warning" };

async function buildAll() {
  rmSync(built, { recursive: true, force: true });
  mkdirSync(built, { recursive: true });
  const modules = { ...common, format: "esm", outdir: built, legalComments: "linked" };
  await Promise.all([
    build({ ...common, format: "iife", entryPoints: [join(source, "theme.ts")], outdir: built }),
    build({ ...modules, entryPoints: ["app.ts", "map.ts"].map((name) => join(source, name)) }),
    build({
      ...modules,
      entryPoints: { "maplibre-worker": "maplibre-gl/dist/maplibre-gl-worker.mjs" },
      outExtension: { ".js": ".mjs" },
    }),
    build({
      ...common,
      entryPoints: { app: join(source, "app.css"), map: join(source, "map.css") },
      outdir: built,
    }),
  ]);
  copyFileSync(join(source, "icon.svg"), join(built, "icon.svg"));
  for (const name of readdirSync(built).sort()) {
    const bytes = statSync(join(built, name)).size;
    console.log(`${String(bytes).padStart(9)}  ${relative(root, join(built, name))}`);
  }
}

async function test() {
  const out = join(root, "build/frontend-tests");
  rmSync(out, { recursive: true, force: true });
  const names = readdirSync(source).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...common,
    minify: false,
    platform: "node",
    format: "esm",
    entryPoints: names.map((name) => join(source, name)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
  });
  const files = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
  process.exitCode = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status;
}

await (process.argv.includes("--test") ? test() : buildAll());
