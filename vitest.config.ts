import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/build.ts"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // Most tests of programs wait for child processes that use a whole core each.
    maxWorkers: 2,
  },
});
