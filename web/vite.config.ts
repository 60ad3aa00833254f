import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const JAVASCRIPT_BUDGET_BYTES = 120 * 1024;

/** Fails the build when the gzipped JavaScript outgrows the budget: a phone on a slow network pays for every byte. */
function budget(): Plugin {
  return {
    name: "javascript-budget",
    apply: "build",
    generateBundle(_options, bundle) {
      const bytes = Object.values(bundle)
        .filter((file) => file.type === "chunk")
        .reduce((sum, chunk) => sum + gzipSync(chunk.code).byteLength, 0);
      if (bytes > JAVASCRIPT_BUDGET_BYTES) {
        this.error(
          `the JavaScript is ${bytes} bytes gzipped and the budget is ${JAVASCRIPT_BUDGET_BYTES}: remove a dependency or load a part of it lazily`,
        );
      }
    },
  };
}

export default defineConfig({
  plugins: [budget()],
  build: {
    target: "es2022",
    // The content security policy allows no data: addresses and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    css: false,
    // A busy machine is slow, not wrong.
    testTimeout: 30_000,
  },
});
