import { expect, test } from "vitest";
import pkg from "../package.json" with { type: "json" };
import { version } from "./version.ts";

test("the version is the package's", () => {
  expect(version).toBe(pkg.version);
});
