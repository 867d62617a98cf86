/** Tests run regions under the same flags as the command. */
import { setV8Flags } from "../../src/platform/node/v8-flags.ts";

setV8Flags();
