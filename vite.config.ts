import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm start` listens, for `npm run console:dev`. */
const registry = process.env["REGISTRY"] ?? "http://localhost:8787";

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
