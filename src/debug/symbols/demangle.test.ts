import { expect, test } from "vitest";
import { demangle } from "./demangle.ts";

test("names of C++", () => {
  expect(demangle("_Z3fooi")).toBe("foo");
  expect(demangle("_ZN5space5Thing3runEv")).toBe("space::Thing::run");
  expect(demangle("_ZNK5space5Thing4sizeEv")).toBe("space::Thing::size");
  expect(demangle("_ZN5ThingC1Ei")).toBe("Thing::Thing");
  expect(demangle("_ZN5ThingD0Ev")).toBe("Thing::~Thing");
  expect(demangle("_ZSt9terminatev")).toBe("std::terminate");
  expect(demangle("_ZN12_GLOBAL__N_15localEv")).toBe("(anonymous namespace)::local");
});

test("names of Rust", () => {
  expect(demangle("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE")).toBe("core::fmt::Write::write_fmt");
  expect(demangle("_ZN36_$LT$T$u20$as$u20$core..any..Any$GT$4type17h0123456789abcdefE")).toBe(
    "<T as core::any::Any>::type",
  );
});

test("what is not understood stays", () => {
  for (const name of ["main", "_Z", "_ZN", "_Z99x", "_ZN3fooIiE3barEv", "_ZplRK1AS1_", "_Z3maxIiET_S0_S0_", "_ZN0E"])
    expect(demangle(name), name).toBeUndefined();
});
