/** Ties the instruction table and the semantics together into the handler image; used at build time and by tests. */
import { form, ROWS } from "../../isa/table.ts";
import { M64 } from "../../isa/types.ts";
import { HELPERS } from "../../sem/helpers/index.ts";
import { SEMANTICS } from "../../sem/table.ts";
import { type HandlerImage, Image } from "./image.ts";
import { buildPlans } from "./plans.ts";

export function buildImage(): HandlerImage {
  const rows = ROWS.map((_, i) => form(i));
  const helpers = Object.entries(HELPERS).map(([name, fn]) => ({ name, arity: fn.length - 1 }));
  const image = new Image({
    rows,
    helpers,
    semantics: (row) => (row.modes & M64 && !row.unsupported ? SEMANTICS[row.mnemonic] : undefined),
  });
  return { ...image.build(), plans: buildPlans() };
}
