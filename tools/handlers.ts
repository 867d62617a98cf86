/** Writes the interpreter's handler image (engine/interp) to the file named on the command line. */
import { writeFileSync } from "node:fs";
import { buildImage } from "../src/engine/interp/build-image.ts";
import { packImage } from "../src/engine/interp/image-file.ts";

writeFileSync(process.argv[2], packImage(buildImage()));
