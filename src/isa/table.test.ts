import { expect, test } from "vitest";
import { form, ROWS } from "./table.ts";

test("every row is well-formed", () => {
  const bad: string[] = [];
  for (let i = 0; i < ROWS.length; i++) {
    try {
      form(i);
    } catch (e) {
      bad.push(String(e));
    }
  }
  expect(bad).toEqual([]);
});
