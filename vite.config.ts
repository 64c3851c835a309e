import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { parseRegistry } from "./src/cli/client/reference.ts";

/** The registry that `npm run console:dev` asks, by its host: the one of `npm start` unless REGISTRY names another. */
const { origin: registry } = parseRegistry(process.env["REGISTRY"] ?? "localhost:8787");

/** Builds the console; what the Worker answers is asked of a registry that runs, while one works on it. */
export default defineConfig({
  root: "src/console",
  plugins: [react()],
  build: {
    outDir: "../../dist/console",
    emptyOutDir: true,
    target: "es2022",
    // No data: URLs, which the Content-Security-Policy allows for images alone.
    assetsInlineLimit: 0,
    // The browsers that have modules of this age preload by themselves.
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    // What counts is what goes over the wire: scripts/console-size.ts.
    chunkSizeWarningLimit: 1000,
  },
  server: {
    proxy: {
      // The Worker wants changes to come from its own origin.
      "/api": { target: registry, changeOrigin: true, headers: { Origin: registry } },
    },
  },
});
