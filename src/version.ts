/** Same as in package.json (tools/layers.ts checks). */
export const version = "0.1.0";
