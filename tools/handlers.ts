/** Writes the interpreter's handler image (engine/interp) to the file named on the command line. */
import { writeFileSync } from "node:fs";
import { buildImage, packImage } from "../src/engine/interp/build-image.ts";

writeFileSync(process.argv[2], packImage(buildImage()));
