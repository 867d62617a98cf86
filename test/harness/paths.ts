import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A build to test instead of making one: BLINK_TEST_DIST=/elsewhere/dist. */
export const GIVEN_DIST = process.env.BLINK_TEST_DIST;
/** What is tested. */
export const DIST = GIVEN_DIST ?? join(ROOT, "dist");
export const BLINK = join(DIST, "blink.js");
/** Flags for every run under blink, so that one corpus runs in several modes: BLINK_TEST_FLAGS="-j". */
export const BLINK_FLAGS = (process.env.BLINK_TEST_FLAGS ?? "").split(/\s+/).filter((flag) => flag !== "");
/** Programs built from test/guest, by content; kept between runs. */
export const BUILD_CACHE = join(tmpdir(), "blink-test-programs");
