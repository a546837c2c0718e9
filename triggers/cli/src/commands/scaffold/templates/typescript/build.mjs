// Puts the code and what it imports into one file, of which `j2w` then makes the component.
import { rmSync } from "node:fs";
import { build } from "esbuild";
import { SpinEsbuildPlugin } from "@spinframework/build-tools/plugins/esbuild/index.js";

// `j2w` ends well whatever happens: a component of an earlier build must not outlive it.
rmSync("build", { recursive: true, force: true });
await build({
  entryPoints: ["src/index.ts"],
  outfile: "build/bundle.js",
  bundle: true,
  format: "esm",
  platform: "browser",
  plugins: [await SpinEsbuildPlugin()],
});
