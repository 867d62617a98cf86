import { defineConfig } from "vitest/config";

/**
 * Two projects: "unit" stands beside the code in src/, "system" runs the built command against Linux itself.
 * Only the second one needs dist/, which its global set-up builds.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "cli/**/*.test.ts", "tools/**/*.test.ts"],
          setupFiles: "test/harness/v8-flags.ts",
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "system",
          include: ["test/**/*.test.ts"],
          globalSetup: "test/harness/build-once.ts",
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
